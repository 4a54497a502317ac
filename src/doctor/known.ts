import type { Context } from '../context.ts';
import { listKeys, type Registry, readRegistry } from '../keys/registry.ts';
import type { LocalStore } from '../stores/store.ts';

/** The registry, or null when it cannot be read: its own check tells that, and once is enough. */
export function knownRegistry(ctx: Context): Registry | null {
  try {
    return readRegistry(ctx);
  } catch {
    return null;
  }
}

/** How many keys are kept in this store, as far as is known. */
export function storedIn(ctx: Context, store: LocalStore): number {
  const registry = knownRegistry(ctx);
  return registry === null ? 0 : listKeys(registry).filter((entry) => entry.store === store).length;
}

export function countKeys(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`;
}
