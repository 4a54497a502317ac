import { placeOf } from '../stores/keychain/place.ts';
import { keychainState } from '../stores/keychain/state.ts';
import { type CheckGroup, fail, ok, warn } from './check.ts';
import { countKeys, storedIn } from './known.ts';

const NAME = 'keychain';

/** Nothing is wrong with a machine without a keychain, unless keys are kept in it. */
export const keychain: CheckGroup = {
  name: NAME,
  run: async (ctx) => {
    const { state, message, hint } = await keychainState(ctx);
    const kept = storedIn(ctx, 'keychain');
    const data = { state, ...(ctx.platform === 'linux' && { place: placeOf(ctx.env) }), keys: kept };
    if (state === 'unlocked') return [{ ...ok(NAME, message), data }];
    if (kept === 0) return [{ ...warn(NAME, message, hint), data }];
    return [{ ...fail(NAME, `${message}, and ${countKeys(kept)} cannot be read without it`, hint), data }];
  },
};
