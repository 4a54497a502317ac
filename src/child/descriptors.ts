import { fstatSync } from 'node:fs';

/** As a shell writes `<(command)`, and as a person writes `exec 7<file`. */
const NAMED = /\/(?:dev|proc\/self)\/fd\/(\d{1,3})(?!\d)/g;

/**
 * The open files behind the standard streams that a command names by their numbers. Node keeps from every child what it
 * was given itself beyond the three, so that `exec -- cat <(echo)` would find nothing.
 * @returns the numbers, in their order
 */
export function descriptorsIn(command: readonly string[]): readonly number[] {
  const numbers = command.flatMap((word) => [...word.matchAll(NAMED)].map(([, number]) => Number(number)));
  return [...new Set(numbers)].filter((number) => number > 2 && isOpen(number)).sort((a, b) => a - b);
}

function isOpen(descriptor: number): boolean {
  try {
    fstatSync(descriptor);
    return true;
  } catch {
    return false;
  }
}
