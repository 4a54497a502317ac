import type { Context } from '../../context.ts';
import { parseAddress } from '../address.ts';
import type { SecretStore, StorePlace } from '../store.ts';
import { tokenFor } from './auth.ts';
import { onTheWay } from './failures.ts';
import { connect, type Send } from './http.ts';
import { kvSecret } from './kv.ts';
import { VaultStore } from './store.ts';

export async function open(ctx: Context, place: StorePlace = 'keychain'): Promise<SecretStore> {
  const address = parseAddress(place);
  const raw = connect(ctx.env);
  const send: Send = (call) =>
    raw(call).catch((error: unknown) => {
      throw onTheWay(error, address);
    });
  return new VaultStore(await kvSecret(send, await tokenFor(ctx, send), address), address);
}
