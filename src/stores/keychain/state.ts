import type { Context } from '../../context.ts';
import { loadNative, NativeProblem } from './native.ts';
import { type BusState, readCollection } from './session-bus.ts';
import { nativeWords, stateWords, type Words } from './words.ts';

export interface KeychainState extends Words {
  /**
   * `unlocked`: it can be used now. `no-library`: keytar cannot be loaded. macOS and Windows unlock by themselves, or
   * ask for the password when a key is wanted, and count as `unlocked`.
   */
  readonly state: BusState | 'no-library';
}

/** How the keychain is, in words, for `doctor`. Reads no secret and asks the person nothing. Never throws. */
export async function keychainState(ctx: Context): Promise<KeychainState> {
  const state = await stateOfBus(ctx);
  // Where there is no session to begin with, no library would help.
  if (state !== 'no-bus') {
    const problem = problemOfNative();
    if (problem !== null) return { state: 'no-library', ...nativeWords(problem) };
  }
  if (ctx.platform === 'linux') return { state, ...stateWords(ctx, state) };
  const name = ctx.platform === 'darwin' ? 'the macOS keychain' : 'the Windows Credential Manager';
  return { state, message: `${name} is used`, hint: null };
}

async function stateOfBus(ctx: Context): Promise<BusState> {
  return ctx.platform === 'linux' ? readCollection(ctx.env).state : 'unlocked';
}

function problemOfNative(): NativeProblem | null {
  try {
    loadNative();
    return null;
  } catch (error) {
    if (error instanceof NativeProblem) return error;
    throw error;
  }
}
