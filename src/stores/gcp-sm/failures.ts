import { UserError } from '../../errors.ts';
import type { Address } from '../address.ts';
import { networkProblem, refusedAccess, unreachable } from '../managed/problems.ts';

/** The codes of gRPC that mean something here. */
export const STATUS = {
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export function statusOf(error: unknown): number | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : null;
}

/**
 * What Google or the way to it refused, for a person. Of Google's own message only the permission it names is shown.
 * @param permission what the call needs, by the API reference
 */
export function inWords(error: unknown, { uri, scope, path }: Address, permission: string): UserError {
  if (error instanceof UserError) return error;
  const message = error instanceof Error ? error.message : '';
  switch (statusOf(error)) {
    case STATUS.permissionDenied: {
      if (/has not been used|is disabled/.test(message)) {
        const hint = `gcloud services enable secretmanager.googleapis.com --project ${scope}`;
        return refusedAccess(uri, 'Secret Manager is not switched on in this project', hint, error);
      }
      const missing = /secretmanager\.[a-z]+\.[a-zA-Z]+/.exec(message)?.[0] ?? permission;
      return refusedAccess(
        uri,
        `no permission: ${missing} is missing`,
        `grant ${missing} on the secret ${path}`,
        error,
      );
    }
    case STATUS.unauthenticated:
      return refusedAccess(
        uri,
        'Google does not accept the credentials, or they have expired',
        'get new ones: gcloud auth application-default login',
        error,
      );
    case STATUS.notFound:
      return refusedAccess(uri, 'there is no such secret', 'are the project and the name right?', error);
    case STATUS.failedPrecondition:
      return refusedAccess(uri, 'its state does not allow that', 'is the version disabled or destroyed?', error);
    case STATUS.invalidArgument:
      return refusedAccess(uri, 'Google does not take it', 'is the address right?', error);
    case STATUS.resourceExhausted:
      return unreachable(uri, QUOTA, error);
    case STATUS.unavailable:
    case STATUS.deadlineExceeded:
      return unreachable(uri, wayProblem(error, message), error);
    case STATUS.unknown:
    case null:
      return withoutStatus(error, uri, message);
    default:
      return unreachable(uri, `Google answered with the status ${statusOf(error)}`, error);
  }
}

const QUOTA = 'Google answers fewer requests than are sent (quota exceeded)';

/** gRPC tells of the connection's end in words only. */
function wayProblem(error: unknown, message: string): string {
  // What was tried until the time was over.
  if (/RESOURCE_EXHAUSTED/.test(message)) return QUOTA;
  if (/certificate|self.signed|unable to verify|altname/i.test(message)) return 'its certificate is not trusted';
  if (/ECONNREFUSED/.test(message)) return 'nothing answers there (connection refused)';
  return networkProblem(error) ?? 'no answer in time';
}

/** What is thrown before a request is made: by the search for credentials, above all. */
function withoutStatus(error: unknown, uri: string, message: string): UserError {
  if (/default credentials|invalid_grant|credential|ENOENT/i.test(message)) {
    const why = /invalid_grant/.test(message) ? 'the credentials have expired' : 'there are no credentials for Google';
    const hint = 'gcloud auth application-default login, or set GOOGLE_APPLICATION_CREDENTIALS';
    return refusedAccess(uri, why, hint, error);
  }
  const name = error instanceof Error ? error.name : 'unknown error';
  return unreachable(uri, networkProblem(error) ?? `the client failed (${name})`, error);
}
