/**
 * The answers that the stand-in API can be told to give: every row of API-FACTS.md's error table, and everything else
 * that a program may meet on the way to the service. Bodies are those of the service's documentation.
 */

/** An answer in HTTP's own terms. A body that is no string is sent as JSON. */
export interface RawAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of a body: sent piece by piece. */
  readonly chunks?: readonly { readonly data: string | Buffer; readonly afterMs?: number }[];
}

/** What goes wrong below HTTP. */
export type Fault =
  /** Takes the request and says nothing. */
  | 'hang'
  /** Sends the headers of a good answer and half of its body, then nothing. */
  | 'hang_in_body'
  /** Sends a byte of the good answer now and then, without an end in sight. */
  | 'drip'
  /** Closes the connection without an answer. */
  | 'drop'
  /** Closes the connection in the middle of the good answer's body. */
  | 'truncated';

export type Answer = AnswerName | RawAnswer | { readonly fault: Fault } | { readonly redirect: string };

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };

function apiError(
  status: number,
  type: string,
  message: string,
  { code, headers }: { readonly code?: string; readonly headers?: Record<string, string> } = {},
): RawAnswer {
  const details = code === undefined ? {} : { details: { error_code: code } };
  return {
    status,
    body: { type: 'error', error: { type, message, ...details } },
    headers: { ...JSON_TYPE, ...headers },
  };
}

function html(status: number, title: string): RawAnswer {
  return { status, body: `<!doctype html><html><head><title>${title}</title></head></html>`, headers: HTML_TYPE };
}

const RETRY = { 'retry-after': '17' };

export const ANSWERS = {
  authentication_error: apiError(401, 'authentication_error', 'invalid x-api-key'),
  credit_too_low: apiError(
    400,
    'invalid_request_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ),
  own_spend_limit: apiError(
    400,
    'invalid_request_error',
    'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
  ),
  organization_on_hold: apiError(400, 'invalid_request_error', 'This organization is on hold.', {
    code: 'organization_on_hold',
  }),
  organization_disabled: apiError(400, 'invalid_request_error', 'This organization has been disabled.'),
  creator_not_member: apiError(400, 'invalid_request_error', 'The creator of this key is no longer a member.', {
    code: 'claude_code_key_creator_not_member',
  }),
  unknown_400: apiError(400, 'invalid_request_error', 'messages: at least one message is required'),
  billing_error: apiError(402, 'billing_error', 'There is a problem with the payment of this account.'),
  permission_error: apiError(403, 'permission_error', 'Your API key does not have permission to use the resource.'),
  sandbox_restricted: apiError(403, 'permission_error', 'Not allowed from a restricted sandbox.', {
    code: 'sandbox_egress_restricted',
  }),
  model_not_found: apiError(404, 'not_found_error', 'model: claude-3-opus-20240229'),
  path_not_found: apiError(404, 'not_found_error', 'Not Found'),
  too_large: apiError(413, 'request_too_large', 'Request exceeds the maximum size'),
  rate_limit: apiError(429, 'rate_limit_error', 'This request would exceed your rate limit.', { headers: RETRY }),
  /** The tier's spend cap: no `retry-after`. */
  enforced_spend_limit: apiError(429, 'rate_limit_error', 'You have reached the monthly limit of your tier.', {
    code: 'enforced_spend_limit_reached',
  }),
  contract_spend_limit: apiError(429, 'rate_limit_error', 'You have reached the spend limit of your contract.', {
    code: 'contract_spend_limit_reached',
  }),
  ramp_limit: apiError(429, 'rate_limit_error', 'Your usage grows too fast.', {
    code: 'ramp_limit_exceeded',
    headers: RETRY,
  }),
  api_error: apiError(500, 'api_error', 'Internal server error'),
  unavailable: apiError(503, 'api_error', 'Service unavailable'),
  gateway_timeout: apiError(504, 'timeout_error', 'The request timed out'),
  overloaded: apiError(529, 'overloaded_error', 'Overloaded'),
  html_200: html(200, 'Log in to the guest network'),
  html_401: html(401, '401 Authorization Required'),
  html_403: html(403, 'Access denied by your administrator'),
  html_404: html(404, '404 Not Found'),
  html_429: html(429, 'Too many requests'),
  html_502: html(502, '502 Bad Gateway'),
  foreign_200: { status: 200, body: { ok: true }, headers: JSON_TYPE },
  foreign_401: { status: 401, body: { error: 'unauthorized' }, headers: JSON_TYPE },
  foreign_403: { status: 403, body: { message: 'Forbidden' }, headers: JSON_TYPE },
  foreign_404: { status: 404, body: { error: { message: 'no route' } }, headers: JSON_TYPE },
  foreign_429: { status: 429, body: { error: { code: 'quota' } }, headers: JSON_TYPE },
  proxy_407: html(407, 'Proxy Authentication Required'),
  /** The service's error with the status of success: something in between changed it. */
  error_with_200: { ...apiError(401, 'authentication_error', 'invalid x-api-key'), status: 200 },
  invalid_json_200: { status: 200, body: '{"type":"message","id":', headers: JSON_TYPE },
  invalid_json_401: { status: 401, body: '{"type":"error","error":{"type":"authentication', headers: JSON_TYPE },
  empty_200: { status: 200, body: '', headers: JSON_TYPE },
  empty_204: { status: 204 },
  empty_401: { status: 401, body: '' },
} as const satisfies Record<string, RawAnswer>;

export type AnswerName = keyof typeof ANSWERS;

export { apiError };
