import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openStore } from '../stores/at.ts';
import type { SecretStore } from '../stores/store.ts';
import type { KeyEntry, SecretRecord } from './entry.ts';
import { appendHistory } from './history.ts';
import { identify } from './identify.ts';
import { changeRegistry, type Registry } from './registry.ts';
import { existing } from './resolve.ts';
import { underWay } from './rotation.ts';
import type { Secret } from './secret.ts';
import { dropPending, isUnchanged } from './shared-home.ts';
import { slotOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Undoes a rotation that has not ended: the old secret is the current one, the new one is gone. A standby is still
 * there; one that the rotation had made active says so, and is to be switched off.
 * @throws {UserError} `secret_missing` when the old secret is no longer in the store; `nothing_to_do` behind the
 *   promotion, where going back is a rotation of its own.
 */
export function abort(ctx: Context, name: string): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    refusePromoted(existing(registry, name));
    const { entry, rotation, pending } = underWay(registry, name);
    const store = await openStore(ctx, entry.store);
    await audit(ctx, { key: name, fingerprint: pending.fingerprint, detail: 'abort' });
    const fresh = await switchBack(store, entry, pending);
    // A rollback had staged the previous secret, whose place may hold a copy of the current one by now.
    const isOurs = await isUnchanged(store, entry);
    if (isOurs && entry.previous !== null && fresh !== null) await store.set(slotOf(name, 'previous'), fresh);
    if (isOurs && entry.previous === null) await store.delete(slotOf(name, 'previous'));
    const standby = entry.standby?.find(({ number }) => number === rotation.standby);
    // Its slot was cleared just before the promotion was written down.
    if (standby !== undefined && fresh !== null) await store.set(slotOf(name, `standby-${standby.number}`), fresh);
    if (standby !== undefined && rotation.activated !== undefined) standby.state = 'active';
    await dropPending(store, entry, pending);
    Object.assign(entry, { pending: null, change: null });
    save();
    return registry;
  });
}

function refusePromoted({ name, change }: KeyEntry): void {
  if (change?.operation !== 'rotate' || change.step !== 'publish') return;
  throw new UserError('nothing_to_do', `${name} gives the new secret already; that is not undone by --abort`, {
    hint: `end it: claude-keys rotate ${name} --resume; then, to go back: claude-keys rotate ${name} --rollback`,
  });
}

/** Puts the old secret under the name again if the new one stands there; gives the new one, if it is anywhere. */
async function switchBack(store: SecretStore, { name }: KeyEntry, pending: SecretRecord): Promise<Secret | null> {
  const current = await store.get(slotOf(name, 'current'));
  const staged = await store.get(slotOf(name, 'pending'));
  if (current === null || identify(current).fingerprint !== pending.fingerprint) return staged;
  const old = await store.get(slotOf(name, 'previous'));
  if (old === null) throw oldLost(name);
  if (staged === null) await store.set(slotOf(name, 'pending'), current);
  await store.set(slotOf(name, 'current'), old);
  return current;
}

/**
 * Drops the previous secret from the store and the registry.
 * @param proof how it is known to be dead; null when it is not
 */
export function forgetPrevious(ctx: Context, name: string, proof: 'proven' | 'archived' | null): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    refuseUnfinished(entry);
    const store = await openStore(ctx, entry.store);
    const { previous: from } = entry;
    await audit(ctx, { key: name, fingerprint: from?.fingerprint ?? null, detail: 'drop the previous secret' });
    await store.delete(slotOf(name, 'previous'));
    const at = ctx.now().toISOString();
    if (from !== null) appendHistory(ctx, { event: 'retired', key: name, at, from, how: proof ?? 'forgotten' });
    Object.assign(entry, { previous: null, retirement: null });
    save();
    return registry;
  });
}

function oldLost(name: string): UserError {
  return new UserError(
    'secret_missing',
    `the old secret of ${name} is no longer in its store; the new one is in place`,
    {
      hint: `finish the rotation: claude-keys rotate ${name} --resume`,
    },
  );
}
