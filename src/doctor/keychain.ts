import { keychainState } from '../stores/keychain/state.ts';
import { type CheckGroup, fail, ok, warn } from './check.ts';
import { countKeys, storedIn } from './known.ts';

const NAME = 'keychain';

/** Nothing is wrong with a machine without a keychain, unless keys are kept in it. */
export const keychain: CheckGroup = {
  name: NAME,
  run: async (ctx) => {
    const { state, message, hint } = await keychainState(ctx);
    if (state === 'unlocked') return [ok(NAME, message)];
    const kept = storedIn(ctx, 'keychain');
    if (kept === 0) return [warn(NAME, message, hint)];
    return [fail(NAME, `${message}, and ${countKeys(kept)} cannot be read without it`, hint)];
  },
};
