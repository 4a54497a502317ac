import { readFileSync } from 'node:fs';
import type { Process } from './line.ts';

/** Further up are the session and the machine's own first process, or a program that starts itself in circles. */
const MOST = 12;

/**
 * A process and those above it, the nearest first. By their names alone: a command line may hold what is nobody's
 * business. Where there is no `/proc` (macOS, Windows) only the first is known, by its number.
 */
export function callersOf(pid: number): Process[] {
  const found: Process[] = [];
  for (let at = pid; at > 0 && found.length < MOST; ) {
    const { name, parent } = look(at);
    found.push({ pid: at, name });
    at = parent;
  }
  return found;
}

/** proc(5): the name in parentheses may hold any character; the parent is the second field behind it. */
function look(pid: number): { name: string | null; parent: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    return {
      name: stat.slice(stat.indexOf('(') + 1, end).replace(/[^ -~]/g, '?'),
      parent: Number(stat.slice(end + 2).split(' ')[1]),
    };
  } catch {
    return { name: null, parent: 0 };
  }
}
