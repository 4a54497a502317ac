import { type Anchor, makeAnchors, type Reader } from './anchors.ts';

/** What the search looks up. */
interface Tables {
  readonly anchors: readonly (readonly [bytes: string, reader: Reader, phase: number])[];
  /** For each word of an anchor its places in the two tables, two bytes each, in base64. */
  readonly places: string;
}

/** Put in by `script/build.mjs`: {@link makeTables} as JSON. To make them at every start would take a hook 2 ms. */
declare const CLAUDE_KEYS_SIEVE: string | undefined;

/** So many bytes are looked at together. */
export const WORD = 4;
/** Small enough for the first cache of any processor. */
const PLACES = 32_768;

const { anchors, places } =
  typeof CLAUDE_KEYS_SIEVE === 'undefined' ? makeTables() : (JSON.parse(CLAUDE_KEYS_SIEVE) as Tables);
/** Which words may be a part of an anchor, by their first three bytes. */
export const PASSES = new Uint8Array(PLACES);
/** What passes by chance, or for a word that is common (`min`, `ort`), is looked up with all four bytes that it has to have. */
export const PASSES_TOO = new Uint8Array(PLACES);
const numbers = Buffer.from(places, 'base64');
for (let at = 0; at < numbers.length; at += 4) {
  PASSES[numbers.readUInt16LE(at)] = 1;
  PASSES_TOO[numbers.readUInt16LE(at + 2)] = 1;
}

// The numbers stand here and not beside a name: the loop that runs through all bytes is half as fast again by it. This one
// ends in eight zeros, so that the fourth byte of the word is lost.
export function place(word: number): number {
  return Math.imul(word, 0x3779b100) >>> 17;
}

export function secondPlace(word: number): number {
  return Math.imul(word, 0x85ebca6b) >>> 17;
}

export function wordIn(text: string, at: number): number {
  let word = 0;
  // What is behind the end is no number, which counts as 0 here.
  for (let offset = 0; offset < WORD; offset += 1) word |= text.charCodeAt(at + offset) << (8 * offset);
  return word;
}

export interface Candidate {
  readonly anchor: Anchor;
  /** So many bytes before the word it would begin. */
  readonly offset: number;
}

const NONE: readonly Candidate[] = [];
/** By all four bytes, or by three where an anchor {@link endsBefore} the fourth; made when a word has passed. */
let candidates: ReadonlyMap<number, readonly Candidate[]> | undefined;

/** What may stand where this word is found, in the order in which they would begin. */
export function candidatesOf(word: number): readonly Candidate[] {
  candidates ??= makeCandidates();
  const whole = candidates.get(word) ?? NONE;
  const part = candidates.get(keyOfThree(word));
  return part === undefined ? whole : [...whole, ...part].sort((one, other) => other.offset - one.offset);
}

function makeCandidates(): Map<number, Candidate[]> {
  const made = new Map<number, Candidate[]>();
  for (const [bytes, reader, phase] of anchors) {
    for (let offset = WORD - 1; offset >= 0; offset -= 1) {
      const word = wordIn(bytes, offset);
      const key = endsBefore(bytes, offset) ? keyOfThree(word) : word;
      const candidate = { anchor: { bytes, reader, phase }, offset };
      made.set(key, [...(made.get(key) ?? []), candidate]);
    }
  }
  return made;
}

/** No word is such a number. */
function keyOfThree(word: number): number {
  return (word & 0xffffff) + 2 ** 32;
}

/** What {@link CLAUDE_KEYS_SIEVE} holds. */
export function makeTables(): Tables {
  const made = makeAnchors();
  const numbers = made.flatMap(({ bytes }) =>
    Array.from({ length: WORD }, (_, offset) => {
      const word = wordIn(bytes, offset);
      return [place(word), secondPlace(endsBefore(bytes, offset) ? word & 0xffffff : word)];
    }).flat(),
  );
  return {
    anchors: made.map(({ bytes, reader, phase }) => [bytes, reader, phase]),
    places: Buffer.from(numbers.flatMap((each) => [each & 0xff, each >> 8])).toString('base64'),
  };
}

/** Whether an anchor has the first three bytes of the word only. */
function endsBefore(bytes: string, offset: number): boolean {
  return offset + WORD > bytes.length;
}
