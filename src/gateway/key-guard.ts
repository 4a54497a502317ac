/**
 * Keeps the key from going back to a client. The service never sends it, but a server on the way there that repeats
 * what it was sent, as servers made for looking into requests do, would give it to whoever has a token.
 */
export class KeyGuard {
  readonly #key: string;
  readonly #bytes: Buffer;
  #held: Buffer = NOTHING;

  constructor(key: string) {
    this.#key = key;
    this.#bytes = Buffer.from(key, 'latin1');
  }

  /**
   * What may be passed on of an answer: everything that has come, but for an end that could be a beginning of the key.
   * @returns null when the key is in it
   */
  pass(chunk: Buffer): Buffer | null {
    const seen = this.#withHeld(chunk);
    if (seen.indexOf(this.#bytes) >= 0) return null;
    const held = this.#beginningAtEnd(seen);
    if (held === 0) {
      this.#held = NOTHING;
      return seen;
    }
    this.#held = seen.subarray(seen.length - held);
    return seen.subarray(0, seen.length - held);
  }

  /**
   * As {@link pass}, for the last piece, of which nothing is held back.
   * @returns null when the key is in it
   */
  passLast(chunk: Buffer): Buffer | null {
    const seen = this.#withHeld(chunk);
    return seen.indexOf(this.#bytes) >= 0 ? null : seen;
  }

  /** What was held back and turned out to be none. */
  rest(): Buffer {
    return this.#held;
  }

  #withHeld(chunk: Buffer): Buffer {
    return this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }

  /** How many of the last bytes are the first ones of the key. */
  #beginningAtEnd(bytes: Buffer): number {
    const tail = bytes.toString('latin1', Math.max(0, bytes.length - this.#bytes.length + 1));
    const first = this.#key.charAt(0);
    for (let at = tail.indexOf(first); at >= 0; at = tail.indexOf(first, at + 1)) {
      if (this.#key.startsWith(tail.slice(at))) return tail.length - at;
    }
    return 0;
  }
}

const NOTHING = Buffer.alloc(0);
