import { OAUTH_BETA } from '../anthropic/facts.ts';
import { Refusal } from './refusal.ts';

/** Names and values in turn, in the order and the letters in which they came: as Node gives and takes them. */
export type RawHeaders = readonly string[];

/** Between two hops only (RFC 9110, 7.6.1), and what this hop has done with. */
const OF_THE_HOP = new Set(
  'connection keep-alive proxy-connection proxy-authorization proxy-authenticate te trailer transfer-encoding upgrade expect host content-length cookie'.split(
    ' ',
  ),
);
const CREDENTIALS = new Set(['x-api-key', 'authorization']);

/** The token that a client sent, and the header it sent it in, which is the one that the key goes out in. */
export interface Credential {
  readonly token: string;
  readonly header: 'x-api-key' | 'authorization';
}

/**
 * The one credential of a request.
 * @throws {Refusal} 401 for none, and for several: two readers could choose differently.
 */
export function credentialOf(raw: RawHeaders): Credential {
  const found: Credential[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const name = plainName(raw[at]);
    if (name === 'x-api-key') found.push({ token: raw[at + 1]?.trim() ?? '', header: name });
    else if (name === 'authorization') {
      const bearer = /^bearer +(\S+)$/i.exec(raw[at + 1]?.trim() ?? '')?.[1];
      found.push({ token: bearer ?? '', header: name });
    }
  }
  const [first, ...others] = found;
  if (first === undefined || first.token === '') throw unauthenticated('no token was sent: it goes into x-api-key');
  if (others.some(({ token }) => token !== first.token)) throw unauthenticated('two different credentials were sent');
  return first;
}

export function unauthenticated(message: string): Refusal {
  return new Refusal(401, 'authentication_error', message);
}

/**
 * What goes to the service: everything that came but what concerns this hop, with the key in the place of the token.
 * @param size of the body in bytes; null when there is none, or when its size is not known
 */
export function requestHeaders(
  raw: RawHeaders,
  upstream: { readonly host: string; readonly key: string; readonly oauth: boolean },
  { header }: Credential,
  size: number | null,
): string[] {
  const dropped = namedByConnection(raw);
  const headers = ['Host', upstream.host];
  let betaSent = !upstream.oauth;
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]];
    const plain = plainName(name);
    if (OF_THE_HOP.has(plain) || CREDENTIALS.has(plain) || dropped.has(plain)) continue;
    if (plain === 'accept-encoding') headers.push(name, readableEncodings(value));
    else if (plain === 'anthropic-beta' && !betaSent) {
      headers.push(name, `${value},${OAUTH_BETA}`);
      betaSent = true;
    } else headers.push(name, value);
  }
  if (!betaSent) headers.push('anthropic-beta', OAUTH_BETA);
  if (header === 'x-api-key' && !upstream.oauth) headers.push('x-api-key', upstream.key);
  else headers.push('Authorization', `Bearer ${upstream.key}`);
  if (size !== null) headers.push('Content-Length', String(size));
  return headers;
}

/** What goes back: everything but what concerned the other hop; nothing that holds the key. */
export function responseHeaders(raw: RawHeaders, key: string): string[] {
  const dropped = namedByConnection(raw);
  const headers: string[] = [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]];
    const plain = name.toLowerCase();
    const ofTheHop = OF_THE_HOP.has(plain) && plain !== 'content-length';
    if (!ofTheHop && !dropped.has(plain) && !value.includes(key)) headers.push(name, value);
  }
  return headers;
}

/** `X_Api_Key` is `x-api-key` to some servers. */
function plainName(name = ''): string {
  const plain = name.toLowerCase();
  return plain.includes('_') ? plain.replaceAll('_', '-') : plain;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Headers that `Connection` says to drop. The size of the body is not for anyone to drop. */
function namedByConnection(raw: RawHeaders): ReadonlySet<string> {
  let names = NOTHING;
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at]?.length !== 10 || raw[at]?.toLowerCase() !== 'connection' || raw[at + 1] === 'keep-alive') continue;
    const words = raw[at + 1]?.split(',').map((word) => word.trim().toLowerCase()) ?? [];
    const others = words.filter((word) => !['keep-alive', 'close', 'content-length'].includes(word));
    if (others.length > 0) names = new Set([...names, ...others]);
  }
  return names;
}

/** Usage is read from answers in these; in others (zstd, before Node 22.15) it could not be. */
const READABLE = new Set(['gzip', 'deflate', 'br', 'identity', '*']);

function readableEncodings(value: string): string {
  const kept = value.split(',').filter((each) => READABLE.has(each.split(';')[0]?.trim().toLowerCase() ?? ''));
  return kept.length === value.split(',').length ? value : kept.join(',') || 'identity';
}
