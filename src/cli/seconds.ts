import { UserError } from '../errors.ts';

const MOST_SECONDS = 24 * 3_600;

/**
 * A length of time in seconds: a number from 0 to a day, fractions allowed.
 * @throws {UserError} `usage` for anything else.
 */
export function parseSeconds(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (seconds <= MOST_SECONDS) return seconds;
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 40))} is not a number of seconds`, {
    hint: `give a number from 0 to ${MOST_SECONDS}, for example 30`,
  });
}
