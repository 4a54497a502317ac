import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { replaceFile } from '../files/replace.ts';
import { type Counter, counterLine } from './record.ts';

/** The files of a journal: `counters.1`, `counters.2`, …; the highest is the one that is written to. */
export function latestGeneration(file: string): number {
  return Math.max(0, ...generationsOf(file));
}

/** Under the lock: begins a generation with these counters, unless another process has. */
export function beginGeneration(
  file: string,
  generation: number,
  counters: ReadonlyMap<string, Counter>,
  now: number,
): void {
  if (latestGeneration(file) >= generation) return;
  const alive = [...counters].filter(([, { ends }]) => ends > now);
  replaceFile(`${file}.${generation}`, alive.map(([key, counter]) => counterLine(key, counter)).join(''));
  for (const older of generationsOf(file)) if (older < generation) rmSync(`${file}.${older}`, { force: true });
}

function generationsOf(file: string): number[] {
  const prefix = `${basename(file)}.`;
  return readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix))
    .map((name) => Number(name.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number));
}
