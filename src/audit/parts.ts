import { basename, dirname } from 'node:path';
import type { AuditFiles } from './files.ts';
import { namesIn } from './waiting.ts';

/** The numbers of the parts that were full, in ascending order. */
export function partNumbers(files: AuditFiles): number[] {
  const [before = '', behind = ''] = basename(files.part(0)).split('0');
  return namesIn(dirname(files.log))
    .filter((name) => name.startsWith(before) && name.endsWith(behind))
    .map((name) => Number(name.slice(before.length, -behind.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b);
}
