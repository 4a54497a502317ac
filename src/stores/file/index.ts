import type { Context } from '../../context.ts';
import type { SecretStore } from '../store.ts';
import { FileStore } from './file-store.ts';

/** One store a context, so that one run asks for the passphrase once, however many keys it reads. */
const opened = new WeakMap<Context, FileStore>();

/** The store of this machine's `keys.age`. Opening it reads nothing yet. */
export async function open(ctx: Context): Promise<SecretStore> {
  const store = opened.get(ctx) ?? new FileStore(ctx);
  opened.set(ctx, store);
  return store;
}
