import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openStore } from '../stores/at.ts';
import { refuseDuplicate } from './duplicates.ts';
import type { KeyEntry } from './entry.ts';
import { identify } from './identify.ts';
import { changeRegistry, type Registry } from './registry.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';

/** @throws {UserError} `key_exists` when the name is taken; an `add` that was cut off does not take it. */
export function refuseTaken(registry: Registry, name: string): void {
  const entry = registry.keys.get(name);
  if (entry === undefined || entry.change?.operation === 'add') return;
  throw new UserError('key_exists', `there already is a key named ${name}`, {
    hint: `replace its secret: claude-keys rotate ${name} (or add ${name} --replace), or choose another name`,
  });
}

/**
 * Stores a new key. The registry says first what is about to happen, so that a crash between the two writes leaves an
 * entry that `status` names, never a secret that nothing knows of.
 * @returns the entry as it now is, with the registry it is in
 */
export function addKey(
  ctx: Context,
  fresh: Omit<KeyEntry, 'change'>,
  secret: Secret,
  makeDefault: boolean,
): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    refuseTaken(registry, fresh.name);
    refuseDuplicate(registry, fresh.current.fingerprint, fresh.name);
    const store = await openStore(ctx, fresh.store);
    await clearOtherStore(ctx, registry.keys.get(fresh.name), fresh);
    registry.keys.set(fresh.name, { ...fresh, change: { operation: 'add', startedAt: fresh.addedAt } });
    save();
    try {
      await store.set(slotOf(fresh.name, 'current'), secret);
    } catch (error) {
      // A manager that gave no answer may have taken it: the entry stays, and says how to go on.
      if (!(error instanceof UserError && error.code === 'undecided')) {
        registry.keys.delete(fresh.name);
        save();
      }
      throw error;
    }
    await audit(ctx, { key: fresh.name, fingerprint: fresh.current.fingerprint, detail: `to ${fresh.store}` });
    registry.keys.set(fresh.name, { ...fresh, change: null });
    if (makeDefault) registry.default = fresh.name;
    save();
    return registry;
  });
}

/** An `add` that was cut off may have left its secret in another store than the one chosen now. */
async function clearOtherStore(
  ctx: Context,
  leftover: KeyEntry | undefined,
  fresh: Omit<KeyEntry, 'change'>,
): Promise<void> {
  if (leftover === undefined || leftover.store === fresh.store) return;
  const store = await openStore(ctx, leftover.store);
  await store.delete(slotOf(leftover.name, 'current'));
}

/**
 * Ends an `add` that was cut off. With `keep`, the key counts as there if its secret had been stored; otherwise, and
 * without `keep`, nothing of it is left.
 * @returns whether the key is there now
 */
export function endCutOffAdd(
  ctx: Context,
  name: string,
  keep: boolean,
): Promise<{ registry: Registry; there: boolean }> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = registry.keys.get(name);
    if (entry?.change?.operation !== 'add') return { registry, there: entry !== undefined };
    const store = await openStore(ctx, entry.store);
    const slot = slotOf(name, 'current');
    const secret = await store.get(slot);
    const { fingerprint } = entry.current;
    const there = keep && secret !== null && identify(secret).fingerprint === fingerprint;
    await audit(ctx, { key: name, fingerprint, detail: `an interrupted add is ${there ? 'kept' : 'undone'}` });
    if (there) {
      entry.change = null;
    } else {
      await store.delete(slot);
      registry.keys.delete(name);
    }
    save();
    return { registry, there };
  });
}
