import type { CheckResult } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { isThere, type KeyEntry } from '../keys/entry.ts';
import { readSecret } from '../keys/read-secret.ts';
import type { Registry } from '../keys/registry.ts';
import { readRegistry } from '../keys/registry.ts';
import type { Slot } from '../keys/slot.ts';
import type { Find } from './places.ts';

/** What becomes of a find as the command goes on. */
export interface Item {
  readonly find: Find;
  /** The key that already has this secret. */
  storedAs: string | null;
  /** The name it gets, or would get. */
  name: string | null;
  result: CheckResult | null;
  /** It is in a store now. */
  stored: boolean;
  /** The person chose to leave it where it is. */
  leftOut: boolean;
  /** Why it could not be stored. */
  why: string | null;
}

export function itemsOf(finds: readonly Find[], registry: Registry): Item[] {
  return finds.map((find) => {
    const storedAs = ownerOf(registry, find)?.entry.name ?? null;
    const nothing = { result: null, leftOut: false, why: null };
    return { find, storedAs, name: null, stored: storedAs !== null, ...nothing };
  });
}

/** Still to be stored. */
export function isNew({ stored, leftOut, why, result }: Item): boolean {
  return !stored && !leftOut && why === null && !isRefused(result);
}

/** The service refuses it: it is not taken, as with `add`. */
export function isRefused(result: CheckResult | null): boolean {
  return result?.status === 'rejected' || result?.status === 'disabled';
}

/** Dead for good; an organization that is switched off may come back, and its key with it. */
export function isDead({ result, stored }: Item): boolean {
  return !stored && result?.status === 'rejected';
}

/** The key that has the secret, and the slot it has it in. */
function ownerOf(registry: Registry, { fingerprint }: Find): { entry: KeyEntry; slot: Slot } | null {
  for (const entry of registry.keys.values()) {
    if (!isThere(entry) || entry.change?.operation === 'remove') continue;
    for (const slot of ['current', 'pending', 'previous'] as const) {
      if (entry[slot]?.fingerprint === fingerprint) return { entry, slot };
    }
  }
  return null;
}

/**
 * Reads the secret back from its store: only then may the copy in a file go, since it could be the last one.
 * @throws {UserError} when the store does not give it.
 */
export async function isKept(ctx: Context, find: Find): Promise<boolean> {
  const owner = ownerOf(readRegistry(ctx), find);
  return owner !== null && (await readSecret(ctx, owner.entry, owner.slot)).equals(find.secret);
}
