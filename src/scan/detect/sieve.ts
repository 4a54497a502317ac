import type { Anchor } from './anchors.ts';
import { machineFor, type Search, TEXT } from './machine.ts';
import { candidatesOf, PASSES, PASSES_TOO, place, secondPlace, WORD, wordIn } from './tables.ts';

/** Of the memories that {@link searchable} has made. */
const SEARCHES = new WeakMap<ArrayBufferLike, Search>();
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A buffer in which the search goes faster than elsewhere, if there can be one. */
export function searchable(capacity: number): Buffer {
  const machine = machineFor(capacity, [PASSES, PASSES_TOO]);
  if (machine === null) return Buffer.allocUnsafeSlow(capacity);
  const [memory, search] = machine;
  SEARCHES.set(memory, search);
  return Buffer.from(memory, TEXT, capacity);
}

export interface Stretch {
  readonly from: number;
  readonly limit: number;
  readonly to: number;
}

/**
 * Calls `visit` for every anchor that begins in `bytes[from, limit)` and ends before `to`, in the order of their places:
 * the search for all of them in one pass. An anchor has six bytes at least, so wherever it stands, three of its bytes
 * begin at a multiple of four: one word of four bytes after the other is loaded, and its first three bytes are looked
 * up in a table. Nearly no word passes, and what does is compared. `npm run bench -- scan tree` measures it.
 */
export function forEachAnchor(bytes: Buffer, stretch: Stretch, visit: (at: number, anchor: Anchor) => void): void {
  const { from, limit, to } = stretch;
  // Words lie at multiples of four of what the buffer is a part of.
  const skew = -bytes.byteOffset & (WORD - 1);
  const words = wordsOf(bytes, skew);
  const end = Math.min(words.length, Math.ceil((Math.min(limit + WORD - 1, to) - skew) / WORD));
  const search = SEARCHES.get(bytes.buffer);
  const base = bytes.byteOffset + skew;
  const last = base + end * WORD;
  for (let index = Math.max(0, Math.ceil((from - skew) / WORD)); ; index += 1) {
    index = search === undefined ? nextWord(words, index, end) : (search(base + index * WORD, last) - base) / WORD;
    if (index >= end) break;
    visitAt(bytes, skew + index * WORD, words[index] as number, stretch, visit);
  }
  const rest = skew + words.length * WORD;
  if (rest >= from && rest < to) visitAt(bytes, rest, wordIn(bytes.toString('latin1', rest), 0), stretch, visit);
}

function wordsOf(bytes: Buffer, skew: number): Int32Array {
  const count = Math.max(0, bytes.length - skew) >> 2;
  if (IS_LITTLE_ENDIAN) return new Int32Array(bytes.buffer, bytes.byteOffset + skew, count);
  const swapped = Buffer.from(bytes.subarray(skew, skew + count * WORD)).swap32();
  return new Int32Array(Uint8Array.from(swapped).buffer);
}

/** The next word that passes; at least `end` when there is none before. */
function nextWord(words: Int32Array, from: number, end: number): number {
  const [first, second] = [PASSES, PASSES_TOO];
  let at = from;
  while (at < end) {
    const noneOfFour =
      at + 3 < end &&
      ((first[place(words[at] as number)] as number) |
        (first[place(words[at + 1] as number)] as number) |
        (first[place(words[at + 2] as number)] as number) |
        (first[place(words[at + 3] as number)] as number)) ===
        0;
    if (noneOfFour) {
      at += 4;
      continue;
    }
    const word = words[at] as number;
    const passes =
      first[place(word)] !== 0 && (second[secondPlace(word)] !== 0 || second[secondPlace(word & 0xffffff)] !== 0);
    if (passes) return at;
    at += 1;
  }
  return at;
}

function visitAt(
  bytes: Buffer,
  at: number,
  word: number,
  { from, limit, to }: Stretch,
  visit: (at: number, anchor: Anchor) => void,
): void {
  for (const { anchor, offset } of candidatesOf(word)) {
    const begin = at - offset;
    if (begin < from || begin >= limit || begin + anchor.bytes.length > to) continue;
    if (stands(bytes, begin, anchor.bytes)) visit(begin, anchor);
  }
}

function stands(bytes: Buffer, at: number, text: string): boolean {
  for (let offset = 0; offset < text.length; offset += 1) {
    if (bytes[at + offset] !== text.charCodeAt(offset)) return false;
  }
  return true;
}
