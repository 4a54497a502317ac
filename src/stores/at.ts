import type { Context } from '../context.ts';
import type { SecretStore, StoreKind, StorePlace } from './store.ts';

/** The store of one key. */
export interface PlacedStore {
  /** Where its secret is in words: "the system keychain", "AWS Secrets Manager (aws-sm://eu-west-1/claude)". */
  readonly label: string;
  open(): Promise<SecretStore>;
}

export function storeAt(ctx: Context, place: StorePlace): PlacedStore {
  const { label, open } = ctx.stores[kindOf(place)];
  return { label: isAddress(place) ? `${label} (${place})` : label, open: () => open(ctx, place) };
}

/** Opens the store of one key. */
export function openStore(ctx: Context, place: StorePlace): Promise<SecretStore> {
  return storeAt(ctx, place).open();
}

/** True for an address in a secrets manager, which holds one key and is seen by others too. */
export function isAddress(place: string): boolean {
  return place.includes('://');
}

export function kindOf(place: StorePlace): StoreKind {
  return (isAddress(place) ? place.slice(0, place.indexOf('://')) : place) as StoreKind;
}
