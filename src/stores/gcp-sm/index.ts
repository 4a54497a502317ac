import type { Context } from '../../context.ts';
import type { Slot } from '../../keys/slot.ts';
import { parseAddress } from '../address.ts';
import type { SecretStore, StorePlace } from '../store.ts';
import { connect, googleSecret } from './client.ts';
import { GoogleStore } from './store.ts';

export async function open(ctx: Context, place: StorePlace = 'keychain'): Promise<SecretStore> {
  const address = parseAddress(place);
  const client = await connect(ctx, address);
  const waiting = (slot: Slot) => googleSecret(client, address, `${address.path}-claude-keys-${slot}`);
  return new GoogleStore(googleSecret(client, address), waiting, address);
}
