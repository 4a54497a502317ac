import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { Secret } from '../../keys/secret.ts';
import type { SlotName } from '../../keys/slot.ts';
import type { SecretStore } from '../store.ts';
import { type Answer, type Caller, type Request, saysNothing } from './calls.ts';
import type { ChildCall } from './child.ts';
import { nativeFailure, silentFailure, stateFailure } from './failures.ts';
import { loadNative } from './native.ts';
import { PATIENCE, type Patience, withPatience } from './patience.ts';
import { type BusReading, type BusState, readCollection } from './session-bus.ts';

/** The parts that touch the machine, so that a test can stand in for them. */
export interface Parts {
  readonly read: () => BusReading;
  /** Throws when keytar cannot be loaded. */
  readonly load: () => Caller;
  /** Resolves to null where there is no way to call in another process. */
  readonly spawn: (request: Request) => Promise<ChildCall | null>;
  /** Ends this process; not expected to return. */
  readonly end: (error: UserError) => Promise<never>;
  readonly patience: Patience;
}

export function realParts(ctx: Context): Parts {
  return {
    read: () => readCollection(ctx.env),
    load: loadNative,
    spawn: async (request) => (await import('./child.ts')).callInChild(ctx.env, request),
    end: async (error) => (await import('./end.ts')).endProcess(ctx, error),
    patience: PATIENCE,
  };
}

/** A blob of the Windows Credential Manager holds no more bytes (CRED_MAX_CREDENTIAL_BLOB_SIZE). */
const WINDOWS_LIMIT = 2_560;

/** The operating system's keychain, through keytar. A null or a false is true of an unlocked keychain only. */
export class KeychainStore implements SecretStore {
  readonly kind = 'keychain';
  readonly #ctx: Context;
  readonly #parts: Parts;

  constructor(ctx: Context, parts: Parts = realParts(ctx)) {
    this.#ctx = ctx;
    this.#parts = parts;
  }

  async get(slot: SlotName, meanwhile?: () => void): Promise<Secret | null> {
    const answer = await this.#call({ operation: 'get', account: slot }, meanwhile);
    return typeof answer === 'string' ? new Secret(answer) : null;
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    const value = secret.reveal();
    this.#checkValue(value);
    await this.#call({ operation: 'set', account: slot, value });
  }

  async delete(slot: SlotName): Promise<boolean> {
    return (await this.#call({ operation: 'delete', account: slot })) === true;
  }

  /** keytar cuts a value off at a NUL without a word, and Windows refuses a long one in words of its own. */
  #checkValue(value: string): void {
    if (value === '' || value.includes('\0')) {
      throw new UserError('malformed_key', 'the keychain holds no secret that is empty or has a NUL in it');
    }
    if (this.#ctx.platform === 'win32' && Buffer.byteLength(value) > WINDOWS_LIMIT) {
      throw new UserError('write_failed', `the Windows Credential Manager holds at most ${WINDOWS_LIMIT} bytes`, {
        hint: 'keep it in an encrypted file: claude-keys add NAME --store file',
      });
    }
  }

  async #call(request: Request, meanwhile?: () => void): Promise<Answer> {
    try {
      return this.#ctx.platform === 'linux'
        ? await this.#callLinux(request, meanwhile)
        : await this.#callHere(request, { meanwhile });
    } catch (error) {
      throw nativeFailure(this.#ctx, error);
    }
  }

  async #callLinux(request: Request, meanwhile: (() => void) | undefined): Promise<Answer> {
    const reading = this.#parts.read();
    // The bus answers while keytar is being linked, which blocks this process for longer than the answer takes.
    await reading.sent;
    const native = attempt(this.#parts.load);
    const state = await reading.state;
    if (state === 'no-bus') throw stateFailure(this.#ctx, state);
    const caller = native();
    if (state === 'unlocked') return this.#callHere(request, { caller, meanwhile });
    if (state === 'no-service' || (state === 'no-collection' && request.operation === 'set')) {
      throw stateFailure(this.#ctx, state);
    }
    const answer = await this.#callAside(request, state);
    if (!saysNothing(answer)) return answer;
    const now = await this.#parts.read().state;
    if (now !== 'unlocked') throw stateFailure(this.#ctx, now);
    // Unlocked meanwhile, perhaps by other means than the question that was just refused: only now is nothing nothing.
    return this.#callHere(request, { caller });
  }

  /** In this process, which is then held by keytar until the keychain has answered. */
  async #callHere(
    request: Request,
    { caller = this.#parts.load(), meanwhile }: { caller?: Caller; meanwhile?: (() => void) | undefined },
  ): Promise<Answer> {
    const work = caller(request);
    // keytar asks in a thread of its own, which takes some 10 ms.
    meanwhile?.();
    return withPatience(this.#ctx, this.#parts.patience, {
      work,
      waitingFor: 'the keychain to answer; it may be asking something on the desktop',
      giveUp: (seconds) => this.#parts.end(silentFailure(this.#ctx, 'unlocked', seconds)),
    });
  }

  /** In another process, for a keychain that may put a question to the person. */
  async #callAside(request: Request, state: BusState): Promise<Answer> {
    const call = await this.#parts.spawn(request);
    if (call === null) throw stateFailure(this.#ctx, state);
    return withPatience(this.#ctx, this.#parts.patience, {
      work: call.answer,
      waitingFor: state === 'locked' ? 'the keychain to be unlocked on the desktop' : 'the keychain to answer',
      giveUp: async (seconds) => {
        call.kill();
        throw silentFailure(this.#ctx, state, seconds);
      },
    });
  }
}

/** Does it now and tells how it went when asked. */
function attempt<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
