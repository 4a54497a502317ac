import type { CheckResult } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { openStore } from '../stores/at.ts';
import { progress } from '../terminal/progress.ts';
import type { Console } from './console.ts';
import type { KeyEntry, Retirement } from './entry.ts';
import { checkFree, lookUntil } from './patience.ts';
import { refuseBehind, tidyTargets } from './publishing.ts';
import { readSecret } from './read-secret.ts';
import { readRegistry } from './registry.ts';
import { existing } from './resolve.ts';
import { completeRotation, type RotationHow } from './rotating.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';
import { stagePrevious } from './staging.ts';
import { switchOff } from './switching-off.ts';
import { forgetPrevious } from './undoing.ts';

/** How the end of a previous secret went. Only `retired` means that it was dropped from the store. */
export interface Ending {
  readonly outcome: 'retired' | 'still_active' | 'undecided' | 'current_rejected' | 'rolled_back';
  /** For a person: what was found, and what to do. */
  readonly message: string;
}

export interface RetireHow {
  /** How a rotation back would go, should the current secret turn out to be dead. */
  readonly rotation: RotationHow;
  readonly how: Retirement['how'];
  /** How long to wait until the service rejects it; 0 to look once. */
  readonly waitMs: number;
}

/**
 * Ends the previous secret of a key once it is proven dead: the service rejects it, and still accepts the current one.
 * With an admin key it is switched off in the Console first; without one, a person does it. Until it is proven nothing
 * is dropped, so that there is a way back, which is taken at once when the current secret turns out to be dead.
 * @throws {UserError} `ambiguous_hint`, `key_rejected` and the like, when the Console cannot be worked on; nothing is
 *   changed here then.
 */
export async function retirePrevious(ctx: Context, name: string, options: RetireHow): Promise<Ending> {
  const entry = existing(readRegistry(ctx), name);
  const store = await openStore(ctx, entry.store);
  const previous = await store.get(slotOf(name, 'previous'));
  if (previous === null) {
    await forgetPrevious(ctx, name, null);
    return {
      outcome: 'retired',
      message: 'it was no longer in the store; whether it is dead cannot be checked any more',
    };
  }
  await refuseBehind(ctx, entry);
  const console = await options.rotation.consoles.forOrNone(entry);
  if (console !== null) {
    const secret = await readSecret(ctx, entry);
    // No answer, or a fault of the service, says nothing: asked again, for as long as there is patience.
    const before = await lookUntil(options.waitMs, () => checkCurrent(ctx, entry, secret), isDecided);
    if (isDead(before)) return goBack(ctx, entry, console, options);
    if (before.authenticated !== true) return undecided(before);
    await switchOff(ctx, entry, console);
  }
  const { old, current } = await watch(ctx, entry, previous, options.waitMs, console !== null);
  if (isDead(current)) return goBack(ctx, entry, console, options);
  if (old.status !== 'rejected') return notDead(old, entry, console !== null);
  if (current?.authenticated !== true) return undecided(current ?? old);
  return end(ctx, entry, console, options);
}

interface Seen {
  readonly old: CheckResult;
  /** Null while nothing was asked of it. */
  readonly current: CheckResult | null;
}

/** Looks at both secrets until the old one is rejected and the current one is not, or the time is over. */
async function watch(
  ctx: Context,
  entry: KeyEntry,
  previous: Secret,
  waitMs: number,
  switched: boolean,
): Promise<Seen> {
  const secret = await readSecret(ctx, entry);
  const line = progress(ctx, `waiting until ${entry.previous?.redacted} is ${switched ? 'rejected' : 'disabled'}`);
  try {
    return await lookUntil(
      waitMs,
      async () => {
        const old = await checkFree(ctx, entry, previous);
        // While a person is waited for, the current one is nobody's concern.
        if (old.status !== 'rejected' && !switched) return { old, current: null };
        return { old, current: await checkCurrent(ctx, entry, secret) };
      },
      ({ old, current }) => isDead(current) || (old.status === 'rejected' && current?.authenticated === true),
    );
  } finally {
    line.stop();
  }
}

/** One rejection may be a slip of the service; to go back for it would be one too many. */
async function checkCurrent(ctx: Context, entry: KeyEntry, secret: Secret): Promise<CheckResult> {
  const first = await checkFree(ctx, entry, secret);
  return isDead(first) ? checkFree(ctx, entry, secret) : first;
}

function isDecided(result: CheckResult): boolean {
  return result.authenticated === true || isDead(result);
}

function isDead(result: CheckResult | null): boolean {
  return result?.status === 'rejected';
}

async function end(ctx: Context, entry: KeyEntry, console: Console | null, { how }: RetireHow): Promise<Ending> {
  const { previous } = existing(readRegistry(ctx), entry.name);
  const found = console === null || previous === null ? null : await console.find(previous);
  const archive = how === 'archive' && found?.kind === 'one';
  if (archive && found.row.status !== 'archived') await console?.set(found.row.id, 'archived');
  await tidyTargets(ctx, entry);
  await forgetPrevious(ctx, entry.name, archive ? 'archived' : 'proven');
  const archived = archive ? ', it is archived in the Console' : '';
  return { outcome: 'retired', message: `the service rejects it${archived}; it was dropped from the store` };
}

/** The current secret is dead: the previous one takes its place again. */
async function goBack(
  ctx: Context,
  entry: KeyEntry,
  console: Console | null,
  { rotation }: RetireHow,
): Promise<Ending> {
  const { name } = entry;
  if (console === null) {
    return {
      outcome: 'current_rejected',
      message: `the current secret is rejected as well; enable ${entry.previous?.redacted} in the Console again, then: claude-keys rotate ${name} --rollback`,
    };
  }
  // Before anything else: from here on the name has no working secret.
  const found = entry.previous === null ? null : await console.find(entry.previous);
  if (found?.kind === 'one' && found.row.status === 'inactive') await console.set(found.row.id, 'active');
  await stagePrevious(ctx, name);
  await completeRotation(ctx, name, { ...rotation, unattended: true });
  return {
    outcome: 'rolled_back',
    message: `the current secret is rejected, so ${name} gives the previous one again, which is active`,
  };
}

function notDead(result: CheckResult, { name }: KeyEntry, switched: boolean): Ending {
  if (result.status === 'undecided') return undecided(result);
  if (switched) {
    return {
      outcome: 'undecided',
      message: 'it is switched off in the Console, but the service still takes it; look again in a while',
    };
  }
  return {
    outcome: 'still_active',
    message: `it still works; disable it in the Console, then: claude-keys retire ${name}`,
  };
}

function undecided({ message }: CheckResult): Ending {
  return { outcome: 'undecided', message: `whether it is dead could not be checked: ${message}` };
}
