import { isNumber, isText, listOf, matching, nullable, object, oneOf, type Shaped } from '../files/shape.ts';
import { PERIODS } from '../keys/budget.ts';
import { NAME } from '../keys/name.ts';

/** What of the API a grant may open. Batches and files are seen by everyone who uses the same key. */
export const ENDPOINTS = ['messages', 'count_tokens', 'models', 'batches', 'files'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** What a grant opens when nothing else was asked for: what concerns nobody but its holder. */
export const USUAL_ENDPOINTS: readonly Endpoint[] = ['messages', 'count_tokens', 'models'];

/** A part of what a key may do, given to whoever holds its token. The token itself is not kept, only its hash. */
export const Grant = object({
  id: matching(/^gr_[0-9A-Za-z]{12}$/),
  label: matching(NAME),
  /** The name of the key behind it. */
  key: matching(NAME),
  /** SHA-256 of the token, in hex. */
  hash: matching(/^[0-9a-f]{64}$/),
  createdAt: isText,
  expiresAt: nullable(isText),
  revokedAt: nullable(isText),
  /** Ids of models, `*` standing for anything; null: every model. */
  models: nullable(listOf(isText)),
  /** The most output tokens that one request may ask for. */
  maxTokens: nullable(isNumber),
  /** Requests in a minute. */
  rpm: nullable(isNumber),
  /** Tokens of every kind in a day (UTC). */
  tokensPerDay: nullable(isNumber),
  budget: nullable(object({ nanos: isNumber, per: oneOf(...PERIODS) })),
  endpoints: listOf(oneOf(...ENDPOINTS)),
  /** Networks that its requests may come from; null: from anywhere that the gateway can be reached from. */
  cidr: nullable(listOf(isText)),
});

export type Grant = Shaped<typeof Grant>;

export const GrantsFile = object({ version: oneOf(1), grants: listOf(Grant) });

export type GrantStatus = 'active' | 'expired' | 'revoked';

export function statusOf({ revokedAt, expiresAt }: Grant, now: Date): GrantStatus {
  if (revokedAt !== null) return 'revoked';
  // A date that was damaged by hand is no reason to let anyone in.
  const open = expiresAt === null || Date.parse(expiresAt) > now.getTime();
  return open ? 'active' : 'expired';
}
