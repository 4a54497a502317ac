import { gunzipSync, constants as zlib } from 'node:zlib';
import { MOST_CHARACTERS } from './classify.ts';
import type { Effort } from './effort.ts';
import type { Find } from './find.ts';
import { readText } from './text.ts';
import { JOINT } from './writing.ts';

/** Finds what is in decoded bytes: the search itself, one level deeper; nothing when too much was spent. */
export type Deeper = (bytes: Buffer) => readonly Find[];

/** `s 0 k 0 …`: every other byte is nothing, in both orders. */
export function readUtf16(bytes: Buffer, at: number, to: number, effort: Effort): Find | null {
  const length = Math.min(MOST_CHARACTERS, Math.ceil((to - at) / 2));
  const narrow = Buffer.alloc(length);
  let count = 0;
  while (count < length && (count === 0 || bytes[at + 2 * count - 1] === 0)) {
    narrow[count] = bytes[at + 2 * count] as number;
    count += 1;
  }
  const find = readText(narrow, 0, count, effort);
  if (find === null) return null;
  const order = at % 2 === 0 ? 'utf-16le' : 'utf-16be';
  return { ...find, start: at, end: at + 2 * find.end, encoding: wrap(order, find.encoding) };
}

const BASE64 = new RegExp(`[A-Za-z0-9+/_-]|${JOINT}`, 'y');
/** Enough for what stands before a key in the same value, and for a key that is encoded thrice. */
export const BASE64_BEFORE = 600;
const BASE64_BEHIND = 2_000;
const MOST_PACKED = 1_048_576;
const MOST_UNPACKED = 16 * 1_048_576;

/** A run of base64 around an anchor that stands at `phase` within its group of four. */
export function readBase64(bytes: Buffer, at: number, to: number, phase: number, deeper: Deeper): Find[] {
  const from = Math.max(0, at - BASE64_BEFORE);
  const text = bytes.toString('latin1', from, Math.min(to, at + BASE64_BEHIND));
  const run = runAround(text, at - from);
  const group = run.findIndex((place) => from + place === at) - phase;
  if (group < 0) return [];
  const aligned = run.slice(group % 4);
  const decoded = Buffer.from(aligned.map((place) => text[place]).join(''), 'base64');
  return deeper(decoded).map((find) => ({
    ...find,
    start: from + (aligned[Math.floor((find.start * 4) / 3)] ?? 0),
    end: from + (aligned[Math.min(aligned.length, Math.ceil((find.end * 4) / 3)) - 1] ?? 0) + 1,
    encoding: wrap('base64', find.encoding),
  }));
}

/** The places of the characters of base64 around `at`, in their order; ends of lines and joints are passed over. */
function runAround(text: string, at: number): number[] {
  let start = at;
  while (start > 0 && /[A-Za-z0-9+/_\r\n -]/.test(text[start - 1] as string)) start -= 1;
  const places: number[] = [];
  for (let place = start; place < text.length; place = BASE64.lastIndex) {
    BASE64.lastIndex = place;
    if (!BASE64.test(text)) {
      // Before the anchor something else may stand; behind it the run is over.
      if (place >= at) break;
      places.length = 0;
      BASE64.lastIndex = place + 1;
    } else if (BASE64.lastIndex === place + 1 && text[place] !== '\n') places.push(place);
  }
  return places;
}

const PACKED = /^[A-Za-z0-9+/_-]*={0,2}(?:\\?\r?\n[ \t]{0,40}(?!H4sI|SDRz|[ \t])[A-Za-z0-9+/_-]+={0,2})*/;

/** A gzip stream in base64 that begins at the anchor; as much of it as is here. */
export function readPacked(bytes: Buffer, at: number, to: number, deeper: Deeper): Find[] {
  // Within a run of base64 it is no beginning, and the next stream is another one: no byte is decoded twice.
  if (at > 0 && /[A-Za-z0-9+/_-]/.test(String.fromCharCode(bytes[at - 1] as number))) return [];
  const code = PACKED.exec(bytes.toString('latin1', at, Math.min(to, at + MOST_PACKED)))?.[0];
  if (code === undefined) return [];
  const end = at + code.length;
  const decoded = Buffer.from(code, 'base64');
  if (decoded[0] !== 0x1f) {
    return deeper(decoded).map((find) => ({ ...find, start: at, end, encoding: wrap('base64', find.encoding) }));
  }
  try {
    const content = gunzipSync(decoded, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: MOST_UNPACKED });
    return deeper(content).map((find) => ({ ...find, start: at, end, encoding: wrap('base64+gzip', find.encoding) }));
  } catch {
    return []; // Not a gzip stream after all, or one that unpacks to no sensible size.
  }
}

const PAIR = /([0-9a-f]{2})|(?:[\s:;,'"+|]|0x|\\x|\\\r?\n){1,24}/iy;
/** What stands between the bytes of two lines of a dump: the text of the line, the address of the next one. */
const DUMP = /(?:[ \t]{2,3}[^\r\n]{1,18})?\r?\n[0-9a-f]{4,16}:?[ \t]{1,3}/iy;
const NUMBER = /(\d{2,3})(?!\d)|[\s,]{1,24}/y;
export const NUMBERS_BEFORE = 160;
const NUMBERS_BEHIND = 3_000;

/** Bytes in hex around an anchor: one string, pairs, arrays, dumps. */
export function readHex(bytes: Buffer, at: number, to: number, deeper: Deeper): Find[] {
  return readNumbers(bytes, at, to, deeper, { name: 'hex', pattern: PAIR, base: 16 });
}

/** The same in decimal, as arrays of character codes have it. */
export function readDecimal(bytes: Buffer, at: number, to: number, deeper: Deeper): Find[] {
  return readNumbers(bytes, at, to, deeper, { name: 'decimal', pattern: NUMBER, base: 10 });
}

interface Numbers {
  readonly name: string;
  readonly pattern: RegExp;
  readonly base: 10 | 16;
}

/** Tried from each place before the anchor at which a number may begin, the furthest first, until one gives a find. */
function readNumbers(bytes: Buffer, at: number, to: number, deeper: Deeper, { name, pattern, base }: Numbers): Find[] {
  const from = Math.max(0, at - NUMBERS_BEFORE);
  const text = bytes.toString('latin1', from, Math.min(to, at + NUMBERS_BEHIND));
  const first = base === 16 ? /73/gi : /115/g;
  for (const { index } of text.slice(0, at - from + 2).matchAll(first)) {
    const { values, ends } = numbersFrom(text, index, pattern, base);
    const [find] = deeper(Buffer.from(values)).filter(({ start }) => start === 0);
    if (find === undefined) continue;
    const end = from + (ends[find.end - 1] ?? index);
    return [{ ...find, start: from + index, end, encoding: wrap(name, find.encoding) }];
  }
  return [];
}

function numbersFrom(
  text: string,
  start: number,
  pattern: RegExp,
  base: 10 | 16,
): { values: number[]; ends: number[] } {
  const values: number[] = [];
  const ends: number[] = [];
  for (let at = start; values.length < 256; ) {
    const inDump = base === 16 && values.length > 0 ? dumpJoint(text, at) : null;
    if (inDump !== null) at = inDump;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) break;
    at = pattern.lastIndex;
    if (match[1] === undefined) continue;
    values.push(Number.parseInt(match[1], base) & 0xff);
    ends.push(at);
  }
  return { values, ends };
}

function dumpJoint(text: string, at: number): number | null {
  DUMP.lastIndex = at;
  return DUMP.test(text) ? DUMP.lastIndex : null;
}

function wrap(outer: string, inner: string | null): string {
  return inner === null ? outer : `${outer}+${inner}`;
}
