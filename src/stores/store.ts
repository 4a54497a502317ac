import type { Context } from '../context.ts';
import type { UserError } from '../errors.ts';
import type { Secret } from '../keys/secret.ts';
import type { SlotName } from '../keys/slot.ts';

/** A store of this machine: one for all keys. */
export type LocalStore = 'keychain' | 'file';
/** A secrets manager: each key has an address of its own in it. */
export type ManagerKind = 'vault' | 'aws-sm' | 'gcp-sm';
export type StoreKind = LocalStore | ManagerKind;

/** Where one key's secrets live: a store of this machine, or an address in a manager (`address.ts`). */
export type StorePlace = LocalStore | ManagerUri;
export type ManagerUri = `${ManagerKind}://${string}`;

/**
 * A place that keeps secrets. Every store passes the suite in `test/support/store-contract.ts`.
 *
 * All methods throw a `UserError` with exit code 4 when the store itself fails (missing, locked, damaged, full, no
 * permission), with exit code 5 when one that is far away could not be asked, and leave the old state intact when they
 * do. A store at an address in a manager holds one key: of a slot's name, only the slot counts.
 */
export interface SecretStore {
  readonly kind: StoreKind;
  /**
   * The secret, or null when nothing is stored there. A store that cannot tell throws instead.
   * @param meanwhile done while another program is waited for; not at all where none is
   */
  get(slot: SlotName, meanwhile?: () => void): Promise<Secret | null>;
  /**
   * Stores the secret whole or not at all, in place of what was there. Where others write too, it throws `conflict`
   * rather than take the place of a pending secret that is another's.
   */
  set(slot: SlotName, secret: Secret): Promise<void>;
  /** False when there was nothing to delete. */
  delete(slot: SlotName): Promise<boolean>;
  /** When what is there now came there, where the store knows: ISO 8601. */
  changedAt?(): Promise<string | null>;
  /** Why `get` answered null, where the store can say more than that there is nothing. */
  whyMissing?(): Promise<UserError | null>;
}

/** How a kind of store is found and opened; cheap to have around, loads its parts only when used. */
export interface StoreEntry {
  readonly kind: StoreKind;
  /** Where secrets go in words, for messages: "the system keychain". */
  readonly label: string;
  /** Why this store cannot take a new secret on this machine now, in words, or null when it can. Never throws. */
  unavailable(ctx: Context): Promise<string | null>;
  /** @param place for a manager, the address; a store of the machine needs none. */
  open(ctx: Context, place?: StorePlace): Promise<SecretStore>;
}
