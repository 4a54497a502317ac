import { isMadeUp, saysPlaceholder } from './placeholder.ts';

export type Confidence = 'high' | 'medium' | 'low';
/** The kinds that can be stored, and the two that cannot: a refresh token, a session of claude.ai or Claude Code. */
export type ScanKind = 'api' | 'admin' | 'oauth' | 'refresh' | 'session';

export interface Classified {
  readonly value: string;
  readonly kind: ScanKind;
  readonly confidence: Confidence;
}

interface Family {
  readonly prefix: RegExp;
  readonly kind: ScanKind;
  /** The body has {@link EXACT_BODY} characters and no other number. */
  readonly exact?: true;
}

/** The forms of API-FACTS.md and SCANNING.md; the first that fits counts. */
const FAMILIES: readonly Family[] = [
  { prefix: /^sk-ant-api03-/, kind: 'api', exact: true },
  { prefix: /^sk-ant-admin01-/, kind: 'admin', exact: true },
  { prefix: /^sk-ant-oat\d\d-/, kind: 'oauth' },
  { prefix: /^sk-ant-ort\d\d-/, kind: 'refresh' },
  { prefix: /^sk-ant-sid\d\d-/, kind: 'session' },
  { prefix: /^sk-ant-admin\d\d-/, kind: 'admin' },
  { prefix: /^sk-ant-[a-z]{2,12}\d\d-/, kind: 'api' },
];
const TOKEN = /^sk-ant-(?:cc|si)-eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/;

/** 93 characters and `AA`. */
export const EXACT_BODY = 95;
/** Of the forms whose length is not published: less is an example in a document. */
const LEAST_BODY = 40;
const LEAST_EXAMPLE = 6;
export const MOST_CHARACTERS = 4_096;

/**
 * What a run of characters that begins with `sk-ant-` is. More may hang on its end: a key of an exact form ends where
 * it ends. A dot is a character of the two forms that are JSON web tokens only.
 * @param joined the run was put together from pieces, so that only an exact form can say where it ends
 * @returns null for placeholders, redacted forms and wrong lengths
 */
export function classify(run: string, joined: boolean): Classified | null {
  const token = TOKEN.exec(run);
  if (token !== null) return { value: token[0], kind: 'session', confidence: 'high' };
  const family = FAMILIES.find(({ prefix }) => prefix.test(run));
  if (family === undefined) return null;
  const prefix = family.prefix.exec(run)?.[0] ?? '';
  const next = run.indexOf('sk-ant-', prefix.length);
  const dot = run.indexOf('.', prefix.length);
  const body = run.slice(prefix.length, Math.min(...[next, dot, run.length].filter((end) => end >= 0)));
  const exact = body.slice(0, EXACT_BODY);
  const whole = exact.length === EXACT_BODY && exact.endsWith('AA');
  if (whole) return found(prefix, exact, family.kind, 'high');
  if (joined) return null;
  if (family.exact) return body.length === EXACT_BODY ? found(prefix, body, family.kind, 'low') : null;
  if (body.length >= LEAST_BODY) return found(prefix, body, family.kind, 'medium');
  return isExample(body) ? { value: prefix + body, kind: family.kind, confidence: 'low' } : null;
}

function found(prefix: string, body: string, kind: ScanKind, confidence: Confidence): Classified | null {
  if (isMadeUp(body)) return null;
  return { value: prefix + body, kind, confidence: saysPlaceholder(body) ? 'low' : confidence };
}

/** `abc123def456`, as documents write it: letters and digits that are meant to look like a key. */
function isExample(body: string): boolean {
  return (
    body.length >= LEAST_EXAMPLE &&
    /^[a-z0-9]*\d[\w-]*$/i.test(body) &&
    !saysPlaceholder(body) &&
    !/(.)\1{3}/.test(body)
  );
}
