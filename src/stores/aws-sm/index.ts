import type { Context } from '../../context.ts';
import { parseAddress } from '../address.ts';
import type { SecretStore, StorePlace } from '../store.ts';
import { awsSecret } from './client.ts';
import { AwsStore } from './store.ts';

export async function open(ctx: Context, place: StorePlace = 'keychain'): Promise<SecretStore> {
  const address = parseAddress(place);
  return new AwsStore(await awsSecret(ctx, address), address);
}
