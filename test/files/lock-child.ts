import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../src/errors.ts';
import { withLock } from '../../src/files/lock.ts';

/** One process of `lock.test.ts`: what it does is its first argument. */
const [what = '', file = '', ...rest] = process.argv.slice(2);
const say = (line: string) => void process.stdout.write(`${line}\n`);

/** Adds 1 to the number in a file, so slowly that two at the same time would lose one. */
async function count(counter: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await withLock(file, async () => {
      const before = Number(readFileSync(counter, 'utf8'));
      await sleep(Math.random() * 2);
      writeFileSync(counter, String(before + 1));
    });
  }
}

/** Keeps the lock until it is killed. */
async function hold(): Promise<void> {
  await withLock(file, async () => {
    say('held');
    await sleep(600_000);
  });
}

/** Takes the lock again and again, and says so when somebody who is alive is inside with it. */
async function chaos(marker: string): Promise<void> {
  for (;;) {
    await withLock(file, async () => {
      const other = inside(marker);
      if (other !== null && isAlive(other)) say(`violation: ${process.pid} met ${other}`);
      writeFileSync(marker, String(process.pid));
      await sleep(Math.random() * 3);
      if (inside(marker) !== process.pid) say(`violation: ${process.pid} was joined by ${inside(marker)}`);
      rmSync(marker);
      say('through');
    });
  }
}

function inside(marker: string): number | null {
  try {
    return Number(readFileSync(marker, 'utf8')) || null;
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function main(): Promise<void> {
  if (what === 'count') await count(rest[0] ?? '', Number(rest[1]));
  if (what === 'hold') await hold();
  if (what === 'chaos') await chaos(rest[0] ?? '');
  if (what === 'take') await withLock(file, () => say('taken'), { waitMs: Number(rest[0]) });
}

main().catch((error: unknown) => {
  say(error instanceof UserError ? `${error.code}: ${error.message}` : `not a UserError: ${error}`);
  process.exitCode = 1;
});
