import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckResult, checkSecret } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import type { KeyEntry } from './entry.ts';
import type { Secret } from './secret.ts';

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Looks again and again, more and more seldom, until what it sees is good or the time is over: the service needs a
 * moment to notice that a key was switched.
 * @param waitMs 0 to look once
 * @returns what was seen last
 */
export async function lookUntil<T>(waitMs: number, look: () => Promise<T>, good: (seen: T) => boolean): Promise<T> {
  const until = performance.now() + waitMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const seen = await look();
    if (good(seen) || performance.now() + pause > until) return seen;
    await sleep(pause);
  }
}

/** The check that costs nothing: it proves the credential. */
export function checkFree(ctx: Context, { kind }: Pick<KeyEntry, 'kind'>, secret: Secret): Promise<CheckResult> {
  return checkSecret(ctx, secret, kind, { free: true });
}
