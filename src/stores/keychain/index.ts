import type { Context } from '../../context.ts';
import type { SecretStore } from '../store.ts';
import { keychainState } from './state.ts';
import { KeychainStore } from './store.ts';

/**
 * Why the keychain cannot take a new secret now, or null. A locked one counts as one that can: it is there, and putting
 * the secret elsewhere because nobody has unlocked it yet would be weaker storage without being asked.
 */
export async function unavailable(ctx: Context): Promise<string | null> {
  const { state, message } = await keychainState(ctx);
  return state === 'unlocked' || state === 'locked' || state === 'unknown' ? null : message;
}

export async function open(ctx: Context): Promise<SecretStore> {
  return new KeychainStore(ctx);
}
