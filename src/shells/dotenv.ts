import { UserError } from '../errors.ts';

/**
 * A line for a `.env` file. The dotenv libraries, docker and the shells disagree on every quote, so only a value that
 * needs none is written: all of them read that one in the same way, and every Claude credential is such a value.
 * @throws {UserError} `usage` for any other value.
 */
export function dotenvLine(name: string, value: string): string {
  if (/^[A-Za-z0-9_./:@%+=,-]+$/.test(value)) return `${name}=${value}`;
  throw new UserError('usage', 'this secret has characters that .env files cannot carry safely', {
    hint: 'use --format json, or hand it to the program directly: claude-keys exec NAME -- COMMAND',
  });
}
