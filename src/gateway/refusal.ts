import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** The service's own types of error, which SDKs make exceptions of. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'timeout_error'
  | 'overloaded_error';

/** An answer of the gateway's own, in the shape of the service's errors. Its text holds nothing of what was sent. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, type: ErrorType, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.headers = headers;
  }
}

export function invalid(message: string): Refusal {
  return new Refusal(400, 'invalid_request_error', message);
}

export function forbidden(message: string): Refusal {
  return new Refusal(403, 'permission_error', message);
}

/**
 * Over a limit. SDKs wait for as long as `retry-after` says, be it until tomorrow: past a minute they are told to let
 * it be, so that a program ends with the error instead of hanging.
 */
export function overLimit(message: string, retryAfter: number): Refusal {
  const headers = { 'retry-after': String(retryAfter), ...(retryAfter > 60 && { 'x-should-retry': 'false' }) };
  return new Refusal(429, 'rate_limit_error', message, headers);
}

/** An id like the service's own, with which a refusal is found in the access log. */
export function newRequestId(): string {
  return `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
}

/** The whole answer, also for a connection that has no response object. */
export function bodyOf({ type, message }: Refusal, requestId: string): string {
  return JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId });
}

export function sendRefusal(response: ServerResponse, refusal: Refusal, requestId: string): void {
  const body = bodyOf(refusal, requestId);
  response.writeHead(refusal.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': requestId,
    ...refusal.headers,
  });
  response.end(body);
}
