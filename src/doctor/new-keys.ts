import { readConfig } from '../config.ts';
import { storeAt } from '../stores/at.ts';
import { chooseStore } from '../stores/choose.ts';
import { type CheckGroup, ok } from './check.ts';

const NAME = 'new keys';

/** Where `add` would put a key, and why there. */
export const newKeys: CheckGroup = {
  name: NAME,
  run: async (ctx) => {
    const { place, insteadOfKeychain } = await chooseStore(ctx, undefined);
    const { label } = storeAt(ctx, place);
    if (insteadOfKeychain !== null) return [ok(NAME, `go to ${label}, because: ${insteadOfKeychain}`)];
    if (ctx.env['CLAUDE_KEYS_STORE']) return [ok(NAME, `go to ${label}, as CLAUDE_KEYS_STORE says`)];
    return [ok(NAME, readConfig(ctx).store === undefined ? `go to ${label}` : `go to ${label}, as config.json says`)];
  },
};
