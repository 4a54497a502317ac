import { UserError } from '../errors.ts';
import type { KeyKind } from './entry.ts';
import { readPasted } from './format.ts';
import { redact } from './identify.ts';
import type { Secret } from './secret.ts';

/** A credential in a text; `start` and `end` are offsets into it. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/** A whole key. */
export interface FoundKey extends Span {
  readonly secret: Secret;
  readonly kind: KeyKind;
}

/** Something like a key that is none: a refresh token, a key that was cut off. */
export interface FoundOther extends Span {
  readonly redacted: string;
  /** What it is, in words: "a refresh token: it cannot be used as a key". */
  readonly what: string;
}

export interface Finds {
  readonly keys: readonly FoundKey[];
  readonly others: readonly FoundOther[];
}

/**
 * No `\b` before it: in `\nsk-ant-…`, `%22sk-ant-…` and colour codes a letter or digit stands there. Whatever follows a
 * key is none of its characters, so the longest run is taken, up to the next key.
 */
const CANDIDATE = /sk-ant-(?:(?!sk-ant-)[A-Za-z0-9_-])+/g;
/** Shorter ones are redacted forms, prefixes in prose and examples. */
const LEAST_BODY = 32;
const BODY = /^sk-ant-(?:[a-z]+[0-9]*-)?/;

/** What people write in the place of a key. Short words stand alone: a random key matches one of it in ten million. */
const PLACEHOLDER =
  /(?:^|[_-])your(?:[_-]|key|$)|example|placeholder|redacted|changeme|(.)\1{7}|abcdefgh|12345678|01234567/i;
const LEAST_CHARACTERS = 16;

/**
 * Every credential in a text, in its order. Works on text of any encoding that keeps ASCII, latin1 above all, where an
 * offset is a byte. Placeholders and redacted forms are not finds.
 */
export function findKeys(text: string): Finds {
  const keys: FoundKey[] = [];
  const others: FoundOther[] = [];
  for (const { 0: value, index: start } of text.matchAll(CANDIDATE)) {
    const end = start + value.length;
    const body = value.replace(BODY, '');
    if (body.length < LEAST_BODY || isPlaceholder(body)) continue;
    try {
      const { secret, kind } = readPasted(value);
      keys.push({ start, end, secret, kind });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      others.push({ start, end, redacted: redact(value), what: error.message.replace(/^that is /, '') });
    }
  }
  return { keys, others };
}

function isPlaceholder(body: string): boolean {
  return PLACEHOLDER.test(body) || new Set(body).size < LEAST_CHARACTERS;
}
