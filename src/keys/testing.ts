import { type CheckResult, checkSecret } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { progress } from '../terminal/progress.ts';
import type { KeyEntry, KeyKind } from './entry.ts';
import type { Secret } from './secret.ts';

/**
 * Tests a secret that is about to be stored under a name.
 * @throws {UserError} `key_rejected` when the service refuses it, or its organization is switched off: it must not
 *   come into use. Every other result is returned.
 */
export async function testNewSecret(ctx: Context, secret: Secret, kind: KeyKind): Promise<CheckResult> {
  const line = progress(ctx, 'testing the key with a real call');
  let result: CheckResult;
  try {
    result = await checkSecret(ctx, secret, kind);
  } finally {
    line.stop();
  }
  refuseRejected(result);
  return result;
}

/** @throws {UserError} `key_rejected` when a test said that the secret cannot be used. */
export function refuseRejected(result: CheckResult): void {
  if (result.status !== 'rejected' && result.status !== 'disabled') return;
  throw new UserError('key_rejected', `not taken: ${result.message}`, {
    hint: 'check it in the Console: platform.claude.com/settings/keys; to take it all the same: --no-verify',
  });
}

/** What the registry remembers of a test; a key that could not be tested is unverified. */
export function noteOf(ctx: Context, result: CheckResult | null): KeyEntry['lastCheck'] {
  if (result === null) return null;
  return { at: ctx.now().toISOString(), status: result.status === 'undecided' ? 'unverified' : result.status };
}

/** Says what a person should know of a key that was stored although its test did not say "valid". */
export function warnOf(ctx: Context, name: string, result: CheckResult | null): void {
  if (result === null || result.status === 'valid') return;
  if (result.status === 'undecided') {
    ctx.ui.warn(`${name} could not be tested: ${result.message}`, `test it later: claude-keys verify ${name}`);
  } else {
    ctx.ui.warn(`${name} works, but: ${result.message}`);
  }
}
