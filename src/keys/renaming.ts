import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isAddress, openStore } from '../stores/at.ts';
import { refuseTaken } from './adding.ts';
import type { Change, KeyEntry } from './entry.ts';
import { appendHistory } from './history.ts';
import { changeRegistry, type Registry, type RegistryChange } from './registry.ts';
import { existing } from './resolve.ts';
import { slotOf, slotsOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Gives a key another name. Its secrets are copied first, then the registry switches the name in one write, then the
 * old copies go: one of the two names works at every moment. Interrupted, the same call again ends it.
 */
export function renameKey(ctx: Context, from: string, to: string): Promise<Registry> {
  if (from === to) throw new UserError('usage', `that is its name already: ${from}`);
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = unfinishedUnderNewName(registry, from, to) ?? beginOrGoOn(ctx, { registry, save }, from, to);
    if (entry.name === from) {
      await copySecrets(ctx, entry, to).catch((error: unknown) => {
        entry.change = null;
        save();
        throw error;
      });
      await audit(ctx, { key: from, fingerprint: entry.current.fingerprint, detail: `to ${to}` });
      registry.keys.delete(from);
      registry.keys.set(to, Object.assign(entry, { name: to }));
      if (registry.default === from) registry.default = to;
      save();
    }
    await deleteSecrets(ctx, entry, from);
    appendHistory(ctx, { event: 'renamed', key: from, to, at: ctx.now().toISOString() });
    entry.change = null;
    save();
    return registry;
  });
}

function beginOrGoOn(ctx: Context, { registry, save }: RegistryChange, from: string, to: string): KeyEntry {
  const entry = existing(registry, from);
  refuseTaken(registry, to);
  if (!isThisRename(entry.change, from, to)) refuseUnfinished(entry);
  entry.change ??= { operation: 'rename', startedAt: ctx.now().toISOString(), from, to };
  save();
  return entry;
}

function unfinishedUnderNewName(registry: Registry, from: string, to: string): KeyEntry | undefined {
  const entry = registry.keys.get(to);
  return entry !== undefined && isThisRename(entry.change, from, to) ? entry : undefined;
}

function isThisRename(change: Change | null, from: string, to: string): boolean {
  return change?.operation === 'rename' && change.from === from && change.to === to;
}

async function copySecrets(ctx: Context, entry: KeyEntry, to: string): Promise<void> {
  const { name: from } = entry;
  // An address stays what it is, whatever the key is called here.
  if (isAddress(entry.store)) return;
  const store = await openStore(ctx, entry.store);
  for (const slot of slotsOf(entry)) {
    const secret = await store.get(slotOf(from, slot));
    if (secret !== null) await store.set(slotOf(to, slot), secret);
    else if (slot === 'current') {
      throw new UserError('secret_missing', `the store has no secret for ${from}: it was removed there, or is locked`, {
        hint: 'look with: claude-keys doctor',
      });
    }
  }
}

async function deleteSecrets(ctx: Context, entry: KeyEntry, from: string): Promise<void> {
  if (isAddress(entry.store)) return;
  const store = await openStore(ctx, entry.store);
  for (const slot of slotsOf(entry)) await store.delete(slotOf(from, slot));
}
