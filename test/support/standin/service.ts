import type { IncomingHttpHeaders } from 'node:http';
import { ANSWERS, apiError, type RawAnswer } from './answers.ts';
import { fingerprintOf, type KeyBook, type StandinKey } from './keys.ts';
import { messageOf, streamOf } from './stream.ts';

/** A request as the service sees it. */
export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly raw: Buffer;
}

export const MODELS = ['claude-haiku-5-5', 'claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-4-5'] as const;
const VERSIONS = ['2023-06-01', '2026-10-21'];
const MESSAGE_FIELDS = new Set(
  'model messages max_tokens system metadata stop_sequences stream thinking tools tool_choice output_config service_tier container context_management temperature top_p top_k'.split(
    ' ',
  ),
);

/** The credential of a request; the service accepts both headers, an OAuth token only as a Bearer. */
export function credentialOf(headers: IncomingHttpHeaders): { secret: string; bearer: boolean } | null {
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') return { secret: apiKey, bearer: false };
  const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  return bearer === undefined ? null : { secret: bearer, bearer: true };
}

/** What the service answers. Checks stand in its order: route, version, credential, account, body. */
export function answerOf(request: ServiceRequest, keys: KeyBook): RawAnswer {
  const route = routeOf(request, keys);
  if (route === undefined) return ANSWERS.path_not_found;
  const version = request.headers['anthropic-version'];
  if (version === undefined) return invalid('anthropic-version: header is required');
  if (!VERSIONS.includes(String(version))) return invalid(`anthropic-version: "${version}" is not a valid version`);
  const credential = credentialOf(request.headers);
  if (credential === null) return apiError(401, 'authentication_error', 'x-api-key header is required');
  const key = keys.find(fingerprintOf(credential.secret));
  if (key === undefined || key.state !== 'active') return ANSWERS.authentication_error;
  const oauth = credential.bearer && String(request.headers['anthropic-beta'] ?? '').includes('oauth-2025-04-20');
  if (key.kind === 'oauth' && !oauth) {
    return apiError(401, 'authentication_error', 'OAuth authentication is currently not supported.');
  }
  return route(request, key);
}

type Route = (request: ServiceRequest, key: StandinKey) => RawAnswer;

function routeOf(request: ServiceRequest, keys: KeyBook): Route | undefined {
  const route = ROUTES[`${request.method} ${request.path.split('?')[0]}`];
  const kept = /^\/v1\/(?:messages\/batches|files)(?:\/|\?|$)/.test(request.path);
  if (kept) return (asked) => keys.shelf.answer(asked) ?? ANSWERS.path_not_found;
  if (route !== undefined || !request.path.startsWith('/v1/organizations/')) return route;
  return (asked, key) => {
    if (key.kind !== 'admin') return ANSWERS.authentication_error;
    return (
      keys.console.answer(asked, key) ??
      keys.analytics.answer(asked, key) ??
      keys.limits.answer(asked) ??
      ANSWERS.path_not_found
    );
  };
}

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /v1/messages': (request, key) => {
    if (key.kind === 'admin') return ANSWERS.authentication_error;
    if (!key.credit) return ANSWERS.credit_too_low;
    return message(request, key);
  },
  'POST /v1/messages/count_tokens': ({ body }) => {
    const { model, messages } = parse(body) ?? {};
    if (typeof model !== 'string' || !Array.isArray(messages)) return invalid('messages: Field required');
    return ok({ input_tokens: 8 });
  },
  'GET /v1/models': (request, key) => {
    if (key.kind === 'admin') return ANSWERS.authentication_error;
    const limit = Number(new URL(request.path, 'http://localhost').searchParams.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return invalid('limit: must be from 1 to 1000');
    const ids = (key.models ?? MODELS).slice(0, limit);
    const data = ids.map((id) => ({ type: 'model', id, display_name: id, created_at: '2026-06-01T00:00:00Z' }));
    return ok({ data, has_more: limit < MODELS.length, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null });
  },
  'GET /v1/organizations/me': (_, key) =>
    key.kind === 'oauth'
      ? ANSWERS.permission_error
      : ok({ id: key.organizationId, type: 'organization', name: key.organizationName }),
};

function message(request: ServiceRequest, key: StandinKey): RawAnswer {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) return invalid('content-type: must be JSON');
  const body = parse(request.body);
  if (body === null) return invalid('The request body is not valid JSON');
  const wrong = Object.keys(body).find((field) => !MESSAGE_FIELDS.has(field));
  if (wrong !== undefined) return invalid(`${wrong}: Extra inputs are not permitted`);
  const { model, max_tokens: maxTokens, messages } = body;
  if (typeof model !== 'string' || model === '') return invalid('model: Field required');
  if (!Number.isInteger(maxTokens) || Number(maxTokens) < 1) return invalid('max_tokens: must be 1 or more');
  if (!Array.isArray(messages) || messages.length === 0) return ANSWERS.unknown_400;
  if (!messages.every(isTurn)) return invalid('messages: Input should be a valid list of turns');
  // API-FACTS.md: refused since version 2026-10-21.
  const sampling = ['temperature', 'top_p', 'top_k'].find((field) => field in body);
  if (sampling !== undefined && request.headers['anthropic-version'] === '2026-10-21') {
    return invalid(`${sampling}: is not supported`);
  }
  const models: readonly string[] = key.models ?? MODELS;
  if (!models.includes(model)) return apiError(404, 'not_found_error', `model: ${model}`);
  return body['stream'] === true ? streamOf(body, key.pauseMs) : ok(messageOf(body));
}

function isTurn(turn: unknown): boolean {
  const { role, content } = Object(turn) as { role?: unknown; content?: unknown };
  const filled = (typeof content === 'string' && content !== '') || (Array.isArray(content) && content.length > 0);
  return (role === 'user' || role === 'assistant') && filled;
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

const ok = (body: unknown): RawAnswer => ({ status: 200, body, headers: { 'content-type': 'application/json' } });
const invalid = (message: string): RawAnswer => apiError(400, 'invalid_request_error', message);
