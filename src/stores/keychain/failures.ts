import type { Context } from '../../context.ts';
import { type ErrorCode, UserError } from '../../errors.ts';
import { NativeProblem } from './native.ts';
import type { BusState } from './session-bus.ts';
import { nativeWords, stateWords, type Words } from './words.ts';

type Machine = Pick<Context, 'env' | 'platform'>;

/** The error for a keychain that is in no state to do what was asked. */
export function stateFailure(machine: Machine, state: BusState, cause?: unknown): UserError {
  return failure(state === 'locked' ? 'store_locked' : 'store_unavailable', stateWords(machine, state), cause);
}

/** The error for a keychain that was asked and has not answered in `seconds`. */
export function silentFailure(machine: Machine, state: BusState, seconds: number): UserError {
  if (state === 'locked') {
    const { hint } = stateWords(machine, state);
    return failure('store_locked', { message: `the keychain is locked, and nobody unlocked it in ${seconds} s`, hint });
  }
  return failure('store_unavailable', {
    message: `the keychain has not answered in ${seconds} s`,
    hint: 'it may be showing a question on the desktop: answer it and try again; or look with: claude-keys doctor',
  });
}

/** What a native error says in English on every system; the order decides where several fit. */
const LINUX: readonly (readonly [pattern: RegExp, state: BusState])[] = [
  [/autolaunch|could not connect|message bus|connection is closed/i, 'no-bus'],
  [/not provided by any|was not activated|name has no owner/i, 'no-service'],
  [/\block(ed)?\b|dismissed/i, 'locked'],
  [/\/collection\/|\/aliases\/default|no such (object|collection)/i, 'no-collection'],
];

const ELSEWHERE: readonly (readonly [pattern: RegExp, code: ErrorCode, words: Words])[] = [
  [
    /user interaction is not allowed/i,
    'store_locked',
    {
      message: 'the keychain is locked, and macOS may not ask for its password here',
      hint: 'unlock it: security unlock-keychain ~/Library/Keychains/login.keychain-db',
    },
  ],
  [
    /cancell?ed|denied|authorization|passphrase .* not correct/i,
    'store_locked',
    { message: 'access to the keychain was refused', hint: 'run it again and allow the access' },
  ],
  [
    /default keychain could not be found|no such keychain|keychain .* not be found/i,
    'store_unavailable',
    {
      message: 'there is no login keychain',
      hint: 'make one in Keychain Access, or keep keys in an encrypted file: claude-keys add NAME --store file',
    },
  ],
];

/** The error for what keytar, or loading it, said; the native words go to `cause` and are shown nowhere. */
export function nativeFailure(machine: Machine, error: unknown): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof NativeProblem) return failure('store_unavailable', nativeWords(error), error);
  const said = error instanceof Error ? error.message : '';
  if (machine.platform === 'linux') {
    const state = LINUX.find(([pattern]) => pattern.test(said))?.[1];
    if (state !== undefined) return stateFailure(machine, state, error);
  } else {
    const known = ELSEWHERE.find(([pattern]) => pattern.test(said));
    if (known !== undefined) return failure(known[1], known[2], error);
  }
  const words = { message: 'the keychain failed', hint: 'look with: claude-keys doctor' };
  return failure('store_unavailable', words, error);
}

function failure(code: ErrorCode, { message, hint }: Words, cause?: unknown): UserError {
  return new UserError(code, message, { ...(hint === null ? {} : { hint }), cause });
}
