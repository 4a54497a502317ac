import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

const VARIABLE = 'CLAUDE_KEYS_REDIS';

/**
 * The address of Redis: `--redis`, else `CLAUDE_KEYS_REDIS`; undefined when there is none.
 * @throws {UserError} `usage` for what is no address, `secret_as_argument` for an option that holds a password.
 */
export function redisAddress(ctx: Context, option: string | undefined): string | undefined {
  const given = option ?? (ctx.env[VARIABLE] || undefined);
  if (given === undefined) return undefined;
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:')) {
    throw new UserError('usage', 'that is no address of a Redis server', {
      hint: 'write it like redis://127.0.0.1:6379 or rediss://redis.example.com:6379/2',
    });
  }
  if (option !== undefined && url.password !== '') {
    throw new UserError('secret_as_argument', 'the address holds a password, which other programs can see', {
      hint: `put the address into the variable ${VARIABLE} instead`,
    });
  }
  return given;
}
