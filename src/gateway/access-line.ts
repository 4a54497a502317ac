import { isNumber, isText, nullable, object, type Shape, type Shaped } from '../files/shape.ts';

const isFlag: Shape<boolean> = (value, _path): value is boolean => typeof value === 'boolean';

/** What one call used; tokens. */
const Tokens = object({
  input: isNumber,
  output: isNumber,
  cacheRead: isNumber,
  cacheWrite5m: isNumber,
  cacheWrite1h: isNumber,
});

/**
 * One request in the access log: who, what for, how it went; never what was said. A JSON object in each line of
 * `gateway.jsonl`. Fields may be added.
 */
export const AccessLine = object({
  /** When the request came; ISO 8601 in UTC. */
  time: isText,
  /** The service's own `request-id`, or the gateway's for what it refused. */
  requestId: nullable(isText),
  /** The id and label of the grant; null for a token that is none. */
  grant: nullable(isText),
  label: nullable(isText),
  key: nullable(isText),
  /** `messages`, `count_tokens`, `models`, `batches`, `files`; null for an address that is none. */
  endpoint: nullable(isText),
  method: isText,
  model: nullable(isText),
  /** Null when the client went away before there was one. */
  status: nullable(isNumber),
  /** Why the gateway refused it: the `type` of the error; null for what the service answered. */
  refusal: nullable(isText),
  /** Null where nothing was used, or where the answer did not say what. */
  tokens: nullable(Tokens),
  /** US dollars by list prices, to the billionth; null when it is not known. */
  usd: nullable(isNumber),
  /** The tokens were worked out from an answer that was cut off. */
  estimated: isFlag,
  /** From the request's headers to the end of the answer; milliseconds. */
  latencyMs: isNumber,
  /** To the first byte of the answer; null when there was none. */
  firstByteMs: nullable(isNumber),
});

export type AccessLine = Shaped<typeof AccessLine>;
