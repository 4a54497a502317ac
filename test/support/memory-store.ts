import type { Secret } from '../../src/keys/secret.ts';
import type { SlotName } from '../../src/keys/slot.ts';
import type { SecretStore, StoreEntry, StoreKind } from '../../src/stores/store.ts';

/** A store in memory that passes the store contract suite like every other. */
export class MemoryStore implements SecretStore {
  readonly kind: StoreKind;
  readonly slots = new Map<string, Secret>();
  /** Set to make every call fail as a real store would. */
  failure: Error | null = null;

  constructor(kind: StoreKind) {
    this.kind = kind;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    this.#check();
    return this.slots.get(slot) ?? null;
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    this.#check();
    this.slots.set(slot, secret);
  }

  async delete(slot: SlotName): Promise<boolean> {
    this.#check();
    return this.slots.delete(slot);
  }

  #check(): void {
    if (this.failure !== null) throw this.failure;
  }
}

export function memoryEntry(store: MemoryStore, unavailable: string | null = null): StoreEntry {
  const label = store.kind === 'keychain' ? 'the system keychain' : 'an encrypted file';
  return { kind: store.kind, label, unavailable: async () => unavailable, open: async () => store };
}
