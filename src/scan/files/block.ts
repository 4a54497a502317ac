import { readSync } from 'node:fs';
import { isPacked } from '../archive/kind.ts';
import { anchorsIn, mayHoldAny, searchable } from '../detect/index.ts';
import type { Path } from './walk.ts';

/** It stays in the processor's cache between the reading and the search. */
const LENGTH = 262_144;
/** With less room it is searched: most files are smaller. */
const LEAST_ROOM = 65_536;

/** Whole files, one behind the other: they are searched at once, and nearly none has anything to look at. */
export class Block {
  readonly #bytes = searchable(LENGTH);
  readonly #files: { readonly path: Path; readonly end: number }[] = [];
  #filled = 0;

  /** Bytes of the files in it. */
  get filled(): number {
    return this.#filled;
  }

  get hasRoom(): boolean {
    return LENGTH - this.#filled >= LEAST_ROOM;
  }

  /**
   * Puts a file behind the others if it is a small one, and no archive.
   * @param handle at the beginning of the file
   * @returns null for such a file; of any other what was read of it, until the next is put there
   * @throws {Error} of the system
   */
  take(path: Path, handle: number): Buffer | null {
    const begin = this.#filled;
    const room = LENGTH - begin;
    const count = readSync(handle, this.#bytes, begin, room, null);
    const end = begin + count;
    if (count === 0 || count === room || isPacked(this.#bytes, begin, end)) return this.#bytes.subarray(begin, end);
    this.#filled = end;
    this.#files.push({ path, end });
    return null;
  }

  /** Forgets its files, and gives the text of those in which there may be something, until the next is taken. */
  empty(): { readonly path: Path; readonly text: Buffer }[] {
    const mayHold = mayHoldAny(anchorsIn(this.#bytes, this.#filled));
    let begin = 0;
    const texts = this.#files.splice(0).flatMap(({ path, end }) => {
      const from = begin;
      begin = end;
      return mayHold(from, end) ? [{ path, text: this.#bytes.subarray(from, end) }] : [];
    });
    this.#filled = 0;
    return texts;
  }
}
