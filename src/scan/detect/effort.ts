/** What a piece of a text may cost beyond a look at each of its bytes: a real one takes a thousandth of it. */
const BASE = 2 * 1_048_576;
const FOR_EACH_BYTE = 100;

/**
 * What the decoding of one piece of a text may still cost. A text that someone has made for it can have an anchor at
 * every few bytes, each of which is decoded for nothing.
 */
export class Effort {
  #left: number;
  #isSpent = false;

  constructor(bytes: number) {
    this.#left = BASE + bytes * FOR_EACH_BYTE;
  }

  /** False when there is no more to spend: the decoding is then left undone. */
  spend(bytes: number): boolean {
    this.#left -= bytes;
    if (this.#left < 0) this.#isSpent = true;
    return !this.#isSpent;
  }

  /** Not everything was decoded. */
  get isSpent(): boolean {
    return this.#isSpent;
  }
}
