import { printable } from '../terminal/plain.ts';
import type { Profile } from './block.ts';

/**
 * What changes between the two, as `diff -U0` shows it. Lines that stay are not shown: a profile may hold secrets.
 * @returns an empty text when nothing changes
 */
export function diffOf(path: string, before: Profile, after: Profile): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const head = commonLength(old, now);
  const tail = commonLength(old.slice(head).reverse(), now.slice(head).reverse());
  const [removed, added] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  if (removed.length + added.length === 0) return '';
  return [
    `--- ${before === null ? '/dev/null' : printable(path)}`,
    `+++ ${after === null ? '/dev/null' : printable(path)}`,
    `@@ -${range(head, removed.length)} +${range(head, added.length)} @@`,
    ...removed.map((line) => `-${printable(line)}`),
    ...added.map((line) => `+${printable(line)}`),
    '',
  ].join('\n');
}

function linesOf(content: Profile): string[] {
  const text = content?.toString('utf8') ?? '';
  return text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/);
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((line, index) => line !== other[index]);
  return at < 0 ? one.length : at;
}

/** The first line and how many; of none, the line before. */
function range(head: number, count: number): string {
  return count === 0 ? `${head},0` : `${head + 1},${count}`;
}
