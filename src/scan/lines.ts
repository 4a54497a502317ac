import { isAscii } from 'node:buffer';
import type { Spot } from './hit.ts';

const NEWLINE = 10;

/** Counts the lines of a text of which only a piece is in memory. Lines are counted only as far as there are finds. */
export class LineCounter {
  /** Newlines before `#at`, and the characters between the last of them and `#at`. */
  #lines = 0;
  #column = 0;
  #at = 0;

  /** Where `bytes[start, end)` stands. Ask in the order of the starts. */
  spot(bytes: Buffer, start: number, end: number, encoding: string | null): Spot {
    if (this.#at === 0 && this.#lines === 0 && this.#column === 0) this.#at = Math.min(start, markLength(bytes));
    this.#advance(bytes, start);
    const wide = encoding?.startsWith('utf-16') === true;
    const line = this.#lines + 1;
    let endLine = line;
    for (let at = bytes.indexOf(NEWLINE, start); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) endLine += 1;
    return { line, column: (wide ? Math.floor(this.#column / 2) : this.#column) + 1, endLine };
  }

  /** The first `count` bytes will be taken away. */
  drop(bytes: Buffer, count: number): void {
    this.#advance(bytes, count);
    this.#at -= count;
  }

  reset(): void {
    this.#lines = 0;
    this.#column = 0;
    this.#at = 0;
  }

  #advance(bytes: Buffer, to: number): void {
    if (to <= this.#at) return;
    let begin = this.#at;
    for (let at = bytes.indexOf(NEWLINE, begin); at >= 0 && at < to; at = bytes.indexOf(NEWLINE, begin)) {
      this.#lines += 1;
      this.#column = 0;
      begin = at + 1;
    }
    this.#column += charactersIn(bytes, begin, to);
    this.#at = to;
  }
}

/** The byte order mark at the beginning of a text is no character of its first line. */
function markLength(bytes: Buffer): number {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 3;
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff) ? 2 : 0;
}

/** Bytes that begin a character in UTF-8; in other encodings, which have none that go on, all of them. */
function charactersIn(bytes: Buffer, from: number, to: number): number {
  // Of a huge file without lines all of it is counted.
  if (isAscii(bytes.subarray(from, to))) return to - from;
  let count = 0;
  for (let at = from; at < to; at += 1) if (((bytes[at] as number) & 0xc0) !== 0x80) count += 1;
  return count;
}
