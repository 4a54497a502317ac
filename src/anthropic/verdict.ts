import type { CheckStatus } from '../keys/entry.ts';
import { type Asked, ROWS, type Row } from './error-table.ts';

/** What an answer says of a credential. */
export interface Verdict {
  readonly status: CheckStatus;
  readonly authenticated: boolean | null;
  readonly message: string;
}

/** An error of the service: `{"type": "error", "error": {"type", "message", "details"?: {"error_code"}}}`. */
export interface ServiceError {
  readonly type: string;
  readonly message: string;
  readonly code: string | null;
}

/** What an error of the service says of the credential. */
export function judgeError(httpStatus: number, error: ServiceError, asked: Asked): Verdict {
  const row = ROWS.find((candidate) => fits(candidate, httpStatus, error));
  if (row === undefined) return undecided(unknownError(httpStatus));
  const { status, authenticated, say } = row;
  return { status, authenticated, message: typeof say === 'string' ? say : say(asked) };
}

/** A verdict that says nothing of the key. */
export function undecided(message: string): Verdict {
  return { status: 'undecided', authenticated: null, message };
}

/** The error in a body, if the body is one of the service's; null for everything that a proxy might answer. */
export function readServiceError(body: unknown): ServiceError | null {
  const { type, error } = Object(body) as { type?: unknown; error?: unknown };
  const {
    type: errorType,
    message,
    details,
  } = Object(error) as { type?: unknown; message?: unknown; details?: unknown };
  if (type !== 'error' || typeof errorType !== 'string' || typeof message !== 'string') return null;
  const { error_code: code } = Object(details) as { error_code?: unknown };
  return { type: errorType, message, code: typeof code === 'string' ? code : null };
}

function fits(row: Row, httpStatus: number, error: ServiceError): boolean {
  return (
    row.http === httpStatus &&
    (row.code === undefined || row.code === error.code) &&
    (row.type === undefined || row.type === error.type) &&
    (row.begins === undefined || error.message.startsWith(row.begins))
  );
}

function unknownError(httpStatus: number): string {
  if (httpStatus === 529) return 'the service is overloaded (HTTP 529); try again in a while';
  if (httpStatus >= 500) return `the service has a fault of its own (HTTP ${httpStatus}); see status.claude.com`;
  return `the service answered HTTP ${httpStatus}, which says nothing of the key; try again, or with --free`;
}
