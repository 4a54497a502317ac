import { isAllowed } from './allow.ts';
import { Effort, type Find, findIn, REACH, REACH_BEFORE, searchable } from './detect/index.ts';
import type { Hit } from './hit.ts';
import { LineCounter } from './lines.ts';

/** What is kept of a piece when the next one comes: the surroundings of a find that begins in the next one. */
const KEPT_BEFORE = Math.max(REACH_BEFORE, 1_100);
export const LARGE = 1_048_576;
export const SMALL = 131_072;

/** Of a text of which {@link Scanner.isCut} holds. */
export const CUT = 'it is made to take without end to decode; it was read, and not all of it decoded';

/**
 * Finds the credentials of a text of any length in a buffer of one length. The text is read or copied into
 * {@link room}; each find is reported once, wherever the pieces begin and end.
 */
export class Scanner {
  readonly #bytes: Buffer;
  readonly #lines = new LineCounter();
  #size = 0;
  /** What stands before it has been searched. */
  #from = 0;
  #done = 0;
  #hits: Hit[] = [];
  #isCut = false;

  constructor(capacity: number = LARGE) {
    this.#bytes = capacity < LARGE ? Buffer.allocUnsafeSlow(capacity) : searchable(capacity);
  }

  /** The whole buffer, for the beginning of a text. */
  get whole(): Buffer {
    return this.#bytes;
  }

  /** Where the next bytes go. */
  get room(): Buffer {
    return this.#bytes.subarray(this.#size);
  }

  /** `count` bytes were put into the room. */
  filled(count: number): void {
    this.#size += count;
    if (this.#size < this.#bytes.length) return;
    const limit = this.#size - REACH;
    this.#search(limit);
    this.#drop(Math.max(0, limit - KEPT_BEFORE));
  }

  /** Copies a piece in. */
  write(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const { room } = this;
      const count = Math.min(room.length, piece.length - at);
      room.set(piece.subarray(at, at + count));
      this.filled(count);
      at += count;
    }
  }

  /** Not all of the last text was decoded: it would have taken without end. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** The text is over: gives its hits, and is ready for the next text. */
  end(): readonly Hit[] {
    this.#search(this.#size);
    const hits = this.#hits;
    this.#hits = [];
    this.#size = 0;
    this.#from = 0;
    this.#done = 0;
    this.#lines.reset();
    return hits;
  }

  #search(limit: number): void {
    const effort = new Effort(this.#size - this.#from);
    const finds = findIn(this.#bytes, { from: this.#from, limit, to: this.#size }, this.#done, effort);
    this.#isCut = effort.isSpent || (this.#from > 0 && this.#isCut);
    for (const find of finds.sort((a, b) => a.start - b.start)) {
      this.#hits.push(this.#toHit(find));
      this.#done = Math.max(this.#done, find.end);
    }
    this.#from = limit;
  }

  #toHit({ start, end, value, kind, confidence, encoding }: Find): Hit {
    const spot = this.#lines.spot(this.#bytes, start, end, encoding);
    return { value, kind, confidence, encoding, ...spot, allowed: isAllowed(this.#bytes, start, end, this.#size) };
  }

  #drop(count: number): void {
    this.#lines.drop(this.#bytes, count);
    this.#bytes.copyWithin(0, count, this.#size);
    this.#size -= count;
    this.#from = Math.max(0, this.#from - count);
    this.#done = Math.max(0, this.#done - count);
  }
}
