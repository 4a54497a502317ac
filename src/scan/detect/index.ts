import type { Anchor } from './anchors.ts';
import { Effort } from './effort.ts';
import { BASE64_BEFORE, NUMBERS_BEFORE, readBase64, readDecimal, readHex, readPacked, readUtf16 } from './encoded.ts';
import type { Find } from './find.ts';
import { forEachAnchor, type Stretch } from './sieve.ts';
import { BEFORE, readText } from './text.ts';

export { Effort } from './effort.ts';
export type { Find } from './find.ts';

/** A find begins at most so many bytes before its anchor, and ends at most so many behind its beginning. */
export const REACH_BEFORE = Math.max(BEFORE, BASE64_BEFORE, NUMBERS_BEFORE);
export const REACH = 8_192;

const MOST_DEPTH = 4;
/** What it costs to decode a little, counted in bytes of a search. */
const ATTEMPT = 16_384;

/** Where to search: anchors in `bytes[from, limit)`; what belongs to them may reach on to `to`. */
export { type Stretch, searchable } from './sieve.ts';

/**
 * Every credential whose anchor stands in the stretch, in the order of their places.
 * @param done what stands before it was found already; a key in base64 has more anchors than one
 * @param effort is spent when not everything could be decoded
 */
export function findIn(
  bytes: Buffer,
  stretch: Stretch = whole(bytes),
  done = 0,
  effort = new Effort(stretch.to - stretch.from),
  depth = 0,
): Find[] {
  const finds: Find[] = [];
  let behind = done;
  forEachAnchor(bytes, stretch, (at, anchor) => {
    if (at < behind) return;
    for (const find of readAt(bytes, at, stretch.to, anchor, effort, depth)) {
      if (find.end <= behind) continue;
      finds.push(find);
      behind = find.end;
    }
  });
  return finds;
}

/** Where in `bytes[0, to)` there is something to look at, in order: a text without any of these places has no find. */
export function anchorsIn(bytes: Buffer, to: number): readonly number[] {
  const places: number[] = [];
  forEachAnchor(bytes, { from: 0, limit: to, to }, (at) => places.push(at));
  return places.sort((a, b) => a - b);
}

/** Whether one of these places stands in a stretch of the text: to be asked of one stretch after the other. */
export function mayHoldAny(places: readonly number[]): (begin: number, end: number) => boolean {
  let passed = 0;
  return (begin, end) => {
    while ((places[passed] ?? end) < begin) passed += 1;
    return (places[passed] ?? end) < end;
  };
}

function whole(bytes: Buffer): Stretch {
  return { from: 0, limit: bytes.length, to: bytes.length };
}

function readAt(
  bytes: Buffer,
  at: number,
  to: number,
  { reader, phase }: Anchor,
  effort: Effort,
  depth: number,
): readonly Find[] {
  if (reader === 'text') return one(readText(bytes, at, to, effort));
  if (reader === 'utf16') return one(readUtf16(bytes, at, to, effort));
  if (depth >= MOST_DEPTH || !effort.spend(ATTEMPT)) return [];
  const deeper = (decoded: Buffer) =>
    effort.spend(ATTEMPT + decoded.length) ? findIn(decoded, whole(decoded), 0, effort, depth + 1) : [];
  if (reader === 'hex') return readHex(bytes, at, to, deeper);
  if (reader === 'decimal') return readDecimal(bytes, at, to, deeper);
  if (reader === 'packed') return readPacked(bytes, at, to, deeper);
  return readBase64(bytes, at, to, phase, deeper);
}

function one(find: Find | null): readonly Find[] {
  return find === null ? [] : [find];
}
