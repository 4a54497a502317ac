import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckResult, checkSecret } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { progress } from '../terminal/progress.ts';
import type { KeyEntry } from './entry.ts';
import { readSecret } from './read-secret.ts';
import { forgetPrevious } from './rotation.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';

/** How the end of a previous secret went. Only `retired` means that it was dropped from the store. */
export interface Retirement {
  readonly outcome: 'retired' | 'still_active' | 'undecided' | 'current_rejected';
  /** For a person: what was found, and what to do. */
  readonly message: string;
}

const POLL_MS = 2_000;

/**
 * Ends the previous secret of a key once it is proven dead: the service rejects it, and still accepts the current one.
 * Until then nothing is dropped, so that there is a way back.
 * @param waitMs how long to wait for a person to disable it in the Console; 0 to look once
 */
export async function retirePrevious(ctx: Context, entry: KeyEntry, waitMs: number): Promise<Retirement> {
  const store = await ctx.stores[entry.store].open(ctx);
  const previous = await store.get(slotOf(entry.name, 'previous'));
  if (previous === null) {
    await forgetPrevious(ctx, entry.name);
    return {
      outcome: 'retired',
      message: 'it was no longer in the store; whether it is dead cannot be checked any more',
    };
  }
  const dead = await waitUntilRejected(ctx, entry, previous, waitMs);
  if (dead.status !== 'rejected') return notDead(dead, entry);
  const current = await check(ctx, entry, await readSecret(ctx, entry));
  if (current.status === 'rejected') {
    return {
      outcome: 'current_rejected',
      message: `the current secret is rejected as well; enable ${entry.previous?.redacted} in the Console again, then: claude-keys rotate ${entry.name} --rollback`,
    };
  }
  await forgetPrevious(ctx, entry.name);
  return { outcome: 'retired', message: 'the service rejects it; it was dropped from the store' };
}

async function waitUntilRejected(
  ctx: Context,
  entry: KeyEntry,
  previous: Secret,
  waitMs: number,
): Promise<CheckResult> {
  const until = Date.now() + waitMs;
  const line = progress(ctx, `waiting until ${entry.previous?.redacted} is disabled`);
  try {
    for (;;) {
      const result = await check(ctx, entry, previous);
      if (result.status === 'rejected' || Date.now() + POLL_MS > until) return result;
      await sleep(POLL_MS);
    }
  } finally {
    line.stop();
  }
}

function notDead(result: CheckResult, { name }: KeyEntry): Retirement {
  if (result.status === 'undecided')
    return { outcome: 'undecided', message: `whether it is dead could not be checked: ${result.message}` };
  return {
    outcome: 'still_active',
    message: `it still works; disable it in the Console, then: claude-keys retire ${name}`,
  };
}

/** The free check is enough: it proves the credential. */
function check(ctx: Context, { kind }: KeyEntry, secret: Secret): Promise<CheckResult> {
  return checkSecret(ctx, secret, kind, { free: true });
}
