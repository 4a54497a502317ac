import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { ADDRESS_FORMS, parseAddress } from './address.ts';
import { isAddress } from './at.ts';
import type { LocalStore, StorePlace } from './store.ts';

const LOCAL_STORES: readonly LocalStore[] = ['keychain', 'file'];

export interface StoreChoice {
  readonly place: StorePlace;
  /** Why the keychain was not taken although nothing else was asked for; null when nothing was given up. */
  readonly insteadOfKeychain: string | null;
}

/**
 * Where a new secret goes: `--store`, else `CLAUDE_KEYS_STORE`, else `store` in config.json, else the keychain if it
 * answers, else the file. A store that was asked for by name is never replaced by another.
 * @throws {UserError} `store_unavailable` when the store asked for cannot take a secret, `usage` for one that is unknown.
 */
export async function chooseStore(ctx: Context, option: string | undefined): Promise<StoreChoice> {
  const asked = option ?? (ctx.env['CLAUDE_KEYS_STORE'] || undefined) ?? readConfig(ctx).store;
  if (asked === undefined) {
    const reason = await ctx.stores.keychain.unavailable(ctx);
    return reason === null
      ? { place: 'keychain', insteadOfKeychain: null }
      : { place: 'file', insteadOfKeychain: reason };
  }
  if (isAddress(asked)) return { place: parseAddress(asked).uri, insteadOfKeychain: null };
  if (asked !== 'keychain' && asked !== 'file') {
    throw new UserError('usage', `${JSON.stringify(asked)} is not a store`, {
      hint: `the stores are: ${LOCAL_STORES.join(', ')}; or give an address: ${ADDRESS_FORMS}`,
    });
  }
  const reason = await ctx.stores[asked].unavailable(ctx);
  if (reason === null) return { place: asked, insteadOfKeychain: null };
  throw new UserError('store_unavailable', `${ctx.stores[asked].label} cannot be used: ${reason}`, {
    hint:
      asked === 'keychain'
        ? 'look with: claude-keys doctor; or keep it in an encrypted file: --store file'
        : 'look with: claude-keys doctor',
  });
}
