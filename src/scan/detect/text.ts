import { type Classified, classify, EXACT_BODY, MOST_CHARACTERS } from './classify.ts';
import type { Effort } from './effort.ts';
import type { Find } from './find.ts';
import { anyWriting, characterAt, jointAt } from './writing.ts';

const PREFIX = 'sk-ant-';
const STEM = 'sk-ant';
/** Made when it is first needed: a hook has to start fast, and most texts need none. */
let writtenPrefix: RegExp | undefined;
/** Most bytes of a prefix that is written in escapes or cut in pieces, before and behind its anchor. */
export const BEFORE = 120;
const BEHIND = 120;
/** A body in the longest of the escapes, with joints. */
const MOST_WRITTEN = 3_000;
const SHORT = 200;
/** The longest name of a family and an exact body. */
const MOST_JOINED = PREFIX.length + 15 + EXACT_BODY;
/** What it costs to look for a prefix that is written in another way, counted in bytes of a search. */
const ATTEMPT = 2_048;
/** What may go on behind a run of plain characters. */
const GOES_ON = new Set([...'\\"`%&=^\r\n<U\u001b\u00c2\u00e2\u00ef', "'"]);

/**
 * The credential at an anchor in `bytes[0, to)`, in whatever way text can be written; null when there is none.
 * `encoding` names the escapes, and `split` for a string in pieces.
 */
export function readText(bytes: Buffer, at: number, to: number, effort: Effort): Find | null {
  const begin = prefixAt(bytes, at, to, effort);
  if (begin === null) return null;
  if (begin.plain) {
    const short = plainRun(bytes, at, Math.min(to, at + SHORT));
    const run = short.length === SHORT ? plainRun(bytes, at, Math.min(to, at + MOST_CHARACTERS)) : short;
    const found = classify(run, false);
    if (found?.confidence === 'high') return toFind(found, at, at + found.value.length, null);
    const next = bytes[at + run.length];
    if (next === undefined || !GOES_ON.has(String.fromCharCode(next)))
      return found && toFind(found, at, at + found.value.length, null);
  }
  const text = bytes.toString('latin1', begin.end, Math.min(to, begin.end + MOST_WRITTEN));
  const own = written(text, begin, false);
  return own?.confidence === 'high' ? own : (written(text, begin, true) ?? own);
}

interface Begin {
  readonly start: number;
  readonly end: number;
  readonly plain: boolean;
  readonly encoding: readonly string[];
}

function plainRun(bytes: Buffer, from: number, to: number): string {
  return /^[\w.-]*/.exec(bytes.toString('latin1', from, to))?.[0] ?? '';
}

/** Nothing can come of it: a word with the plain prefix before it, which has an anchor of its own, or one that goes on. */
function isSettled(bytes: Buffer, at: number): boolean {
  const before = bytes.toString('latin1', Math.max(0, at - PREFIX.length), at);
  const own = bytes.toString('latin1', at, at + PREFIX.length);
  if (own.startsWith(STEM)) return !GOES_ON.has(own[STEM.length] ?? '');
  return before === PREFIX || (before.endsWith('sk-') && own.startsWith('ant-'));
}

/** Where the prefix around an anchor begins and ends. */
function prefixAt(bytes: Buffer, at: number, to: number, effort: Effort): Begin | null {
  if (bytes.toString('latin1', at, at + PREFIX.length) === PREFIX) {
    return { start: at, end: at + PREFIX.length, plain: true, encoding: [] };
  }
  if (isSettled(bytes, at) || !effort.spend(ATTEMPT)) return null;
  const from = Math.max(0, at - BEFORE);
  const text = bytes.toString('latin1', from, Math.min(to, at + BEHIND));
  writtenPrefix ??= anyWriting(PREFIX);
  for (const match of text.matchAll(writtenPrefix)) {
    const start = from + match.index;
    const end = start + match[0].length;
    if (start > at) return null;
    // The word behind it may be in the next piece of a string. A plain prefix has an anchor of its own.
    const next = jointAt(text, match.index + match[0].length);
    if (Math.max(end, next === null ? 0 : from + next) >= at && match[0] !== PREFIX)
      return { start, end, plain: false, encoding: waysOf(match[0]) };
  }
  return null;
}

function waysOf(prefix: string): string[] {
  const ways = new Set<string>();
  for (let at = 0; at < prefix.length; ) {
    const one = characterAt(prefix, at);
    if (one?.escape) ways.add(one.escape);
    if (one === null) ways.add('split');
    at = one?.end ?? jointAt(prefix, at) ?? prefix.length;
  }
  return [...ways];
}

/** Reads on behind the prefix, over joints or up to the first one. */
function written(text: string, begin: Begin, joins: boolean): Find | null {
  let run = PREFIX;
  let at = 0;
  let joined = false;
  const ways = new Set(begin.encoding);
  const ends: number[] = [];
  while (run.length < (joins ? MOST_JOINED : MOST_CHARACTERS)) {
    const one = characterAt(text, at);
    if (one !== null) {
      if (one.escape !== null) ways.add(one.escape);
      run += one.character;
      at = one.end;
      ends.push(at);
      continue;
    }
    const end = joins ? jointAt(text, at) : null;
    if (end === null) break;
    joined = true;
    at = end;
  }
  const found = classify(run, joined);
  if (found === null) return null;
  if (joined) ways.add('split');
  const end = begin.end + (ends[found.value.length - PREFIX.length - 1] ?? 0);
  return toFind(found, begin.start, end, ways.size === 0 ? null : [...ways].join('+'));
}

function toFind(found: Classified, start: number, end: number, encoding: string | null): Find {
  return { ...found, start, end, encoding };
}
