import { costOf, NO_USAGE, tokensOf, type Usage } from '../anthropic/prices.ts';
import type { Bearer } from '../grants/rights.ts';
import { type Amount, NOTHING } from '../limits/reservation.ts';
import { hasDuplicateNames, type Searchable } from './duplicates.ts';
import { forbidden, invalid } from './refusal.ts';

/** What a request asks for, as far as it concerns its grant. */
export interface Asked {
  /** Every one that it names, the first one first. */
  readonly models: readonly string[];
  /** The most that a message of it asks for; null when one does not say. */
  readonly maxTokens: number | null;
  /** What it may use at most. */
  readonly most: Amount;
}

type Fields = Readonly<Record<string, unknown>>;

/** A token is three bytes or more of JSON, but for text that hardly anyone sends. */
const BYTES_PER_TOKEN = 3;
/** From here on words are found in bytes faster than in a text: twelve times, in a prompt of 400 KB. */
const LARGE = 32 * 1024;

/**
 * Reads the body of a message or of a batch.
 * @param free the call costs nothing (`count_tokens`), and so asks for no output
 * @throws {Refusal} 400 for what is no such body.
 */
export function inspectBody(body: Buffer, kind: 'message' | 'batch', free: boolean): Asked {
  const text = body.toString('utf8');
  const fields = parse(text);
  const searched = body.length < LARGE ? text : body;
  if (hasDuplicateNames(text, searched)) throw invalid('a name stands twice in an object of the request body');
  const messages = (kind === 'message' ? [fields] : messagesOf(fields)).map(readMessage);
  const input = inputUsage(searched, Math.ceil(body.length / BYTES_PER_TOKEN / messages.length));
  const amounts = free ? [] : messages.map((message) => amountOf(message, input, kind));
  const names = new Set<string>();
  for (const { models } of messages) for (const model of models) names.add(model);
  return {
    models: [...names],
    maxTokens: free ? 0 : mostOf(messages),
    most: amounts.reduce((sum, each) => ({ tokens: sum.tokens + each.tokens, nanos: sum.nanos + each.nanos }), NOTHING),
  };
}

/** @throws {Refusal} 403 for what the grant does not allow, 400 for a limited one that does not say how much it wants. */
export function checkRights({ models, maxTokens }: Asked, { grant, mayUse }: Bearer): void {
  const other = models.find((model) => !mayUse(model));
  if (other !== undefined) throw forbidden(`this token may not use the model ${printable(other)}`);
  const limited = grant.maxTokens !== null || grant.tokensPerDay !== null || grant.budget !== null;
  if (limited && maxTokens === null) throw invalid('max_tokens: Field required');
  if (grant.maxTokens !== null && (maxTokens ?? 0) > grant.maxTokens) {
    throw forbidden(`max_tokens: this token may ask for ${grant.maxTokens} at most`);
  }
}

/** Null when one of them does not say. */
function mostOf(messages: readonly Message[]): number | null {
  const counts = messages.map(({ maxTokens }) => maxTokens);
  return counts.includes(null) ? null : Math.max(...counts.map(Number));
}

interface Message {
  /** The one that is asked for, then those that may come in for it: fallbacks, and models that tools bring along. */
  readonly models: readonly string[];
  /** Null when it is not said. */
  readonly maxTokens: number | null;
  readonly fast: boolean;
  /** A workspace may want it too: then the answer says so. */
  readonly usOnly: boolean;
}

function parse(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {}
  throw invalid('the request body is not valid JSON');
}

function messagesOf({ requests }: Fields): Fields[] {
  if (!Array.isArray(requests) || requests.length === 0) throw invalid('requests: a list of requests is required');
  return requests.map((request: unknown) => {
    const params = isObject(request) ? request['params'] : null;
    if (!isObject(params)) throw invalid('requests: each needs params');
    return params;
  });
}

function readMessage(fields: Fields): Message {
  const others = [...listOf(fields['fallbacks']), ...listOf(fields['tools'])].filter(
    ({ model }) => model !== undefined,
  );
  const models = [fields, ...others].map(({ model }) => model);
  if (!models.every((model) => typeof model === 'string' && model !== '')) throw invalid('model: a text is required');
  const counts = [fields, ...others].map((each) => each['max_tokens']).filter((count) => count !== undefined);
  if (!counts.every((count) => typeof count === 'number' && Number.isSafeInteger(count) && count >= 0)) {
    throw invalid('max_tokens: a whole number is required');
  }
  return {
    models: models as string[],
    maxTokens: fields['max_tokens'] === undefined ? null : Math.max(...(counts as number[])),
    fast: [fields, ...others].some(({ speed }) => speed === 'fast'),
    usOnly: [fields, ...others].some((each) => each['inference_geo'] === 'us'),
  };
}

/** The dearest of its models: which one answers is not known before. */
function amountOf({ models, maxTokens, fast, usOnly }: Message, input: Usage, kind: 'message' | 'batch'): Amount {
  const usage: Usage = {
    ...input,
    output: maxTokens ?? 0,
    tier: kind === 'batch' ? 'batch' : 'standard',
    speed: fast ? 'fast' : 'standard',
    usOnly,
  };
  return { tokens: tokensOf(usage), nanos: Math.max(...models.map((model) => costOf(model, usage))) };
}

/** What is written to the cache costs more than what is read. */
function inputUsage(searched: Searchable, tokens: number): Usage {
  if (!searched.includes('"cache_control"')) return { ...NO_USAGE, input: tokens };
  return searched.includes('"1h"') ? { ...NO_USAGE, cacheWrite1h: tokens } : { ...NO_USAGE, cacheWrite5m: tokens };
}

/** Ids are short and plain; what is not may be anything, and is neither repeated nor written down. */
export function isModelId(model: string): boolean {
  return /^[A-Za-z0-9._:@-]{1,80}$/.test(model) && !/ckg_|sk-ant-/.test(model);
}

function printable(model: string): string {
  return isModelId(model) ? model : 'it names';
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
