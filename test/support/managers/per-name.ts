import { Secret } from '../../../src/keys/secret.ts';
import type { SlotName } from '../../../src/keys/slot.ts';
import type { SecretStore } from '../../../src/stores/store.ts';

/**
 * Stores at addresses as one store with many names, as the contract suite wants it: each name has an address of its own.
 * @param open opens the store of a key, given a name that every manager takes
 */
export function perName(open: (name: string) => Promise<SecretStore>): SecretStore {
  const opened = new Map<string, Promise<SecretStore>>();
  const storeOf = (slot: SlotName) => {
    // Some managers take no dots, and some do not tell upper case from lower.
    const name = `k${Buffer.from(slot.split('@')[0] ?? '').toString('hex')}`;
    const store = opened.get(name) ?? open(name);
    opened.set(name, store);
    return store;
  };
  return {
    kind: 'vault',
    get: async (slot) => (await storeOf(slot)).get(slot),
    set: async (slot, secret) => (await storeOf(slot)).set(slot, new Secret(secret.reveal())),
    delete: async (slot) => (await storeOf(slot)).delete(slot),
  };
}
