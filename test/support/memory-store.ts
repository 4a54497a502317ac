import type { Secret } from '../../src/keys/secret.ts';
import type { SlotName } from '../../src/keys/slot.ts';
import type { SecretStore, StoreEntry, StoreKind } from '../../src/stores/store.ts';

/** A store in memory that passes the store contract suite like every other. */
export class MemoryStore implements SecretStore {
  readonly kind: StoreKind;
  readonly slots = new Map<string, Secret>();
  /** Set to make every call fail as a real store would. */
  failure: Error | null = null;
  /** Called around every write: a test can count them, or let the program stand still there for ever. */
  onWrite: (moment: 'before' | 'after') => Promise<void> = async () => {};

  constructor(kind: StoreKind) {
    this.kind = kind;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    this.#check();
    return this.slots.get(slot) ?? null;
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    this.#check();
    await this.onWrite('before');
    this.slots.set(slot, secret);
    await this.onWrite('after');
  }

  async delete(slot: SlotName): Promise<boolean> {
    this.#check();
    await this.onWrite('before');
    const was = this.slots.delete(slot);
    await this.onWrite('after');
    return was;
  }

  #check(): void {
    if (this.failure !== null) throw this.failure;
  }
}

export function memoryEntry(store: MemoryStore, unavailable: string | null = null): StoreEntry {
  const label = store.kind === 'keychain' ? 'the system keychain' : 'an encrypted file';
  return { kind: store.kind, label, unavailable: async () => unavailable, open: async () => store };
}
