import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { openStore } from '../stores/at.ts';
import { refuseDuplicate } from './duplicates.ts';
import { identify } from './identify.ts';
import { readSecret } from './read-secret.ts';
import { changeRegistry, type Registry } from './registry.ts';
import { existing } from './resolve.ts';
import { slotOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Takes note of what is at a key's home in a manager, where somebody else may have rotated it.
 * @returns the registry, and whether anything was new
 */
export function refreshFromHome(ctx: Context, name: string): Promise<{ registry: Registry; changed: boolean }> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    refuseUnfinished(entry);
    const identity = identify(await readSecret(ctx, entry));
    if (identity.fingerprint === entry.current.fingerprint) return { registry, changed: false };
    if (identity.fingerprint !== entry.previous?.fingerprint) refuseDuplicate(registry, identity.fingerprint, name);
    const previous = await (await openStore(ctx, entry.store)).get(slotOf(name, 'previous'));
    const now = ctx.now().toISOString();
    const known = [entry.current, entry.previous];
    await audit(ctx, { key: name, fingerprint: identity.fingerprint, detail: `changed at ${entry.store}` });
    Object.assign(entry, {
      current: { ...identity, addedAt: now, organizationId: null },
      previous: previous === null ? null : recordOf(identify(previous), known, now),
      retirement: null,
      expiresAt: null,
      lastCheck: null,
    });
    save();
    return { registry, changed: true };
  });
}

type Record = ReturnType<typeof identify> & { readonly addedAt: string; readonly organizationId: string | null };

function recordOf(identity: ReturnType<typeof identify>, known: readonly (Record | null)[], now: string): Record {
  const found = known.find((record) => record?.fingerprint === identity.fingerprint);
  return found ?? { ...identity, addedAt: now, organizationId: null };
}
