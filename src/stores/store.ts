import type { Context } from '../context.ts';
import type { Secret } from '../keys/secret.ts';
import type { SlotName } from '../keys/slot.ts';

export type StoreKind = 'keychain' | 'file';

/**
 * A place that keeps secrets. Every store passes the suite in `test/support/store-contract.ts`.
 *
 * All methods throw a `UserError` with exit code 4 when the store itself fails (missing, locked, damaged, full), and
 * leave the old state intact when they do.
 */
export interface SecretStore {
  readonly kind: StoreKind;
  /**
   * The secret, or null when nothing is stored there. A store that cannot tell throws instead.
   * @param meanwhile done while another program is waited for; not at all where none is
   */
  get(slot: SlotName, meanwhile?: () => void): Promise<Secret | null>;
  /** Stores the secret whole or not at all, in place of what was there. */
  set(slot: SlotName, secret: Secret): Promise<void>;
  /** False when there was nothing to delete. */
  delete(slot: SlotName): Promise<boolean>;
}

/** How a kind of store is found and opened; cheap to have around, loads its parts only when used. */
export interface StoreEntry {
  readonly kind: StoreKind;
  /** Where secrets go in words, for messages: "the system keychain". */
  readonly label: string;
  /** Why this store cannot take a new secret on this machine now, in words, or null when it can. Never throws. */
  unavailable(ctx: Context): Promise<string | null>;
  open(ctx: Context): Promise<SecretStore>;
}
