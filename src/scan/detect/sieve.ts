import { ANCHORS, type Anchor } from './anchors.ts';
import { machineFor, type Search, TEXT } from './machine.ts';

/**
 * The search for all anchors in one pass. An anchor has six bytes at least, so wherever it stands, three of its bytes
 * begin at a multiple of four: one word of four bytes after the other is loaded, and its first three bytes are looked
 * up in a table. Nearly no word passes, and what does is compared. `npm run bench -- scan tree` measures it.
 */
const WORD = 4;
/** Small enough for the first cache of any processor. */
const PLACES = 32_768;
const PASSES = new Uint8Array(PLACES);
/** What passes by chance, or for a word that is common (`min`, `ort`), is looked up with all four bytes that it has to have. */
const PASSES_TOO = new Uint8Array(PLACES);

/** Of the memories that {@link searchable} has made. */
const SEARCHES = new WeakMap<ArrayBufferLike, Search>();
const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

interface Candidate {
  readonly anchor: Anchor;
  /** The word begins so many bytes behind the beginning of the anchor. */
  readonly offset: number;
}

const CANDIDATES = new Map<number, Candidate[]>();

// Those of one word are in the order in which they would begin.
for (let offset = WORD - 1; offset >= 0; offset -= 1) {
  for (const anchor of ANCHORS) {
    const word = wordIn(anchor.bytes, offset);
    const candidates = CANDIDATES.get(place(word));
    if (candidates === undefined) CANDIDATES.set(place(word), [{ anchor, offset }]);
    else candidates.push({ anchor, offset });
    PASSES[place(word)] = 1;
    // The end of a short anchor has three bytes of the word only.
    PASSES_TOO[secondPlace(offset + WORD > anchor.bytes.length ? word & 0xffffff : word)] = 1;
  }
}

// The numbers stand here and not beside a name: the loop that runs through all bytes is half as fast again by it.
function place(word: number): number {
  return Math.imul(word & 0xffffff, 0x9e3779b1) >>> 17;
}

function secondPlace(word: number): number {
  return Math.imul(word, 0x85ebca6b) >>> 17;
}

function wordIn(text: string, at: number): number {
  let word = 0;
  // What is behind the end is no number, which counts as 0 here.
  for (let offset = 0; offset < WORD; offset += 1) word |= text.charCodeAt(at + offset) << (8 * offset);
  return word;
}

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

/** Calls `visit` for every anchor that begins in `bytes[from, limit)` and ends before `to`, in the order of their places. */
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
  for (const { anchor, offset } of CANDIDATES.get(place(word)) ?? []) {
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
