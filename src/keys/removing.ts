import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { openStore } from '../stores/at.ts';
import { changeRegistry } from './registry.ts';
import { existing } from './resolve.ts';
import { slotOf, slotsOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Deletes a key: every secret it has in its store, then its entry. Interrupted, the entry stays and says so; the same
 * call ends it.
 * @param force also in the middle of another change
 */
export function removeKey(ctx: Context, name: string, force: boolean): Promise<void> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = registry.keys.get(name) ?? existing(registry, name);
    if (entry.change?.operation !== 'remove' && entry.change?.operation !== 'add' && !force) refuseUnfinished(entry);
    const store = await openStore(ctx, entry.store);
    await audit(ctx, { key: name, fingerprint: entry.current.fingerprint });
    entry.change = { operation: 'remove', startedAt: ctx.now().toISOString() };
    save();
    for (const slot of slotsOf(entry).reverse()) await store.delete(slotOf(name, slot));
    registry.keys.delete(name);
    if (registry.default === name) registry.default = null;
    save();
  });
}
