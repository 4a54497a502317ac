import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';

/**
 * Runs `work` while no other process rotates this key or retires its previous secret. Held also while a person is
 * asked, so that `rotate --due` can tell a rotation that is under way from one that was interrupted.
 * @throws {UserError} `busy` at once when another process does.
 */
export function withKeyLock<T>(ctx: Context, name: string, work: () => Promise<T>): Promise<T> {
  return exclusively(ctx, `rotation-${name}`, `another claude-keys is at work on ${name}`, work);
}

/** Runs `work` while no other process does what is due. @throws {UserError} `busy` at once when another does. */
export function withDueLock<T>(ctx: Context, work: () => Promise<T>): Promise<T> {
  return exclusively(ctx, 'due', 'another claude-keys is doing what is due', work);
}

async function exclusively<T>(ctx: Context, lock: string, busy: string, work: () => Promise<T>): Promise<T> {
  let began = false;
  try {
    return await withLock(
      join(ctx.paths.data, 'locks', lock),
      () => {
        began = true;
        return work();
      },
      { waitMs: 0 },
    );
  } catch (error) {
    if (began || !(error instanceof UserError) || error.code !== 'busy') throw error;
    throw new UserError('busy', busy, { hint: 'wait until it is done; nothing was changed here', cause: error });
  }
}
