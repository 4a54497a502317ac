import { type Anchor, makeAnchors, type Reader } from './anchors.ts';

/** What the search looks up. */
interface Tables {
  readonly anchors: readonly (readonly [bytes: string, reader: Reader, phase: number])[];
  /**
   * Three numbers of two bytes for each word of an anchor, in base64: its places in the two tables, and which of them
   * it is with its offset there.
   */
  readonly words: string;
}

/** Put in by `script/build.mjs`: {@link makeTables} as JSON. To make them at every start would take a hook 2 ms. */
declare const CLAUDE_KEYS_SIEVE: string | undefined;

/** So many bytes are looked at together. */
export const WORD = 4;
/** Small enough for the first cache of any processor. */
const PLACES = 32_768;
const ENTRY = 6;

const { anchors, words } =
  typeof CLAUDE_KEYS_SIEVE === 'undefined' ? makeTables() : (JSON.parse(CLAUDE_KEYS_SIEVE) as Tables);
const numbers = Buffer.from(words, 'base64');
const count = numbers.length / ENTRY;
/** Which words may be a part of an anchor, by their first three bytes. */
export const PASSES = new Uint8Array(PLACES);
/** What passes by chance, or for a word that is common (`min`, `ort`), is looked up with all four bytes that it has to have. */
export const PASSES_TOO = new Uint8Array(PLACES);
for (let index = 0; index < count; index += 1) {
  PASSES[numberAt(index, 0)] = 1;
  PASSES_TOO[numberAt(index, 2)] = 1;
}

function numberAt(index: number, offset: number): number {
  const at = index * ENTRY + offset;
  return (numbers[at] as number) | ((numbers[at + 1] as number) << 8);
}

// The numbers stand here and not beside a name: the loop that runs through all bytes is half as fast again by it.
export function place(word: number): number {
  return Math.imul(word & 0xffffff, 0x9e3779b1) >>> 17;
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

/**
 * Calls `visit` for what may stand where this word is found, in the order in which they would begin: so many bytes before
 * the word.
 */
export function forEachCandidate(word: number, visit: (anchor: Anchor, offset: number) => void): void {
  const wanted = place(word);
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (numberAt(middle, 0) < wanted) from = middle + 1;
    else to = middle;
  }
  for (let index = from; index < count && numberAt(index, 0) === wanted; index += 1) {
    const which = numberAt(index, 4);
    const anchor = anchors[which >> 2] as Tables['anchors'][number];
    visit({ bytes: anchor[0], reader: anchor[1], phase: anchor[2] }, which & 3);
  }
}

/** Both tables and the candidates, by their places. */
export function makeTables(): Tables {
  const made = makeAnchors();
  const entries = [3, 2, 1, 0].flatMap((offset) =>
    made.map(({ bytes }, index) => {
      const word = wordIn(bytes, offset);
      // The end of a short anchor has three bytes of the word only.
      const second = secondPlace(offset + WORD > bytes.length ? word & 0xffffff : word);
      return [place(word), second, (index << 2) | offset] as const;
    }),
  );
  const inOrder = entries.sort(([one], [other]) => one - other).flat();
  return {
    anchors: made.map(({ bytes, reader, phase }) => [bytes, reader, phase]),
    words: Buffer.from(inOrder.flatMap((each) => [each & 0xff, each >> 8])).toString('base64'),
  };
}
