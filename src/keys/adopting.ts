import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isAddress, openStore } from '../stores/at.ts';
import type { StorePlace } from '../stores/store.ts';
import type { PastedSecret } from './format.ts';
import { asKey, readAddress } from './from-address.ts';
import { identify } from './identify.ts';
import type { Registry } from './registry.ts';
import { slotOf } from './slot.ts';

interface Wanted {
  /** Take what is there. */
  readonly adopt: boolean;
  /** Write over what is there. */
  readonly replace: boolean;
}

/**
 * What a new key at this address begins with. Others may use the address already, so what is there is not written over
 * unless that is asked for.
 * @returns the secret to adopt, or null when a new one is to be given
 * @throws {UserError} `usage`, `key_exists` when another key has the address or a secret is there, `secret_missing`
 */
export async function lookAtPlace(
  ctx: Context,
  registry: Registry,
  { name, place }: { readonly name: string; readonly place: StorePlace },
  { adopt, replace }: Wanted,
): Promise<PastedSecret | null> {
  if (!isAddress(place)) {
    if (!adopt) return null;
    throw new UserError('usage', '--adopt takes the secret from an address in a secrets manager', {
      hint: 'give the address: --store aws-sm://REGION/SECRET-NAME',
    });
  }
  const owner = [...registry.keys.values()].find((entry) => entry.store === place && entry.name !== name);
  if (owner !== undefined) {
    throw new UserError('key_exists', `${place} is the home of ${owner.name}`, {
      hint: 'give the key another address',
    });
  }
  if (adopt) return readAddress(ctx, place);
  const there = await (await openStore(ctx, place)).get(slotOf(name, 'current'));
  if (there === null || replace) return null;
  const { fingerprint, redacted } = identify(there);
  // Left there by an `add` that was cut off.
  if (registry.keys.get(name)?.current.fingerprint === fingerprint) return null;
  asKey(place, there);
  throw new UserError('key_exists', `${place} already holds ${redacted}`, {
    hint: `take it as it is: claude-keys add ${name} --store ${place} --adopt; or write over it: --replace`,
  });
}
