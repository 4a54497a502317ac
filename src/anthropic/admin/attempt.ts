import { UserError } from '../../errors.ts';
import type { Outcome } from '../client.ts';
import { CONSOLE } from '../facts.ts';
import { describeFailure } from '../failure.ts';
import { readServiceError, type ServiceError } from '../verdict.ts';
import type { AdminCall } from './admin.ts';

/** What one try of a call came to. */
export type Attempt<T> = { readonly kind: 'answer'; readonly value: T } | Failure;

interface Failure {
  readonly kind: 'failure';
  /** Whether another try may go better. */
  readonly again: boolean;
  /** What the service asked to wait; null when it did not say. */
  readonly retryAfterMs: number | null;
  /** Null when there was no answer, or none of the service's. */
  readonly httpStatus: number | null;
  readonly error: ServiceError | null;
  /** What was thrown instead of an answer; `late` for none in time. */
  readonly cause: unknown;
}

/** Limits of spending are not over in a moment. */
const LASTING = ['enforced_spend_limit_reached', 'contract_spend_limit_reached'];

export function readAttempt<T>(outcome: Outcome | 'late', { read }: AdminCall<T>): Attempt<T> {
  if (outcome === 'late' || outcome.kind === 'failure') {
    const cause = outcome === 'late' ? outcome : outcome.error;
    return { kind: 'failure', again: true, retryAfterMs: null, httpStatus: null, error: null, cause };
  }
  const { httpStatus, headers, body } = outcome;
  if (httpStatus === 200 && typeof body === 'object' && body !== null) {
    const value = read(body as Readonly<Record<string, unknown>>);
    if (value !== null) return { kind: 'answer', value };
  }
  const error = httpStatus >= 400 ? readServiceError(body) : null;
  const limited = httpStatus === 429 && error !== null && !LASTING.includes(error.code ?? '');
  // A body that was cut off has the status of success.
  const again = limited || httpStatus >= 500 || httpStatus === 408 || (httpStatus === 200 && body === undefined);
  const seconds = headers.get('retry-after') ?? '';
  const retryAfterMs = again && /^\d{1,7}$/.test(seconds) ? Number(seconds) * 1000 : null;
  return { kind: 'failure', again, retryAfterMs, httpStatus, error, cause: null };
}

/** The failure for a person. The service's own words are not repeated: they could hold anything. */
export function failureOf(failure: Failure, about: string, host: string): UserError {
  const { httpStatus, error, cause } = failure;
  if (httpStatus === null) {
    const why = cause === 'late' ? `no answer from ${host} in time` : describeFailure(cause, host);
    return undecided(`${about} could not be asked for: ${why}`);
  }
  if (error === null || httpStatus >= 500) {
    const what = httpStatus >= 500 ? `HTTP ${httpStatus}` : `HTTP ${httpStatus}, and not as the Admin API does`;
    return undecided(`${about} could not be asked for: ${host} answered ${what}`);
  }
  switch (httpStatus) {
    case 401:
      return new UserError('key_rejected', `${about}: the service does not accept the admin key`, {
        hint: `make another one (${CONSOLE.adminKeys}), then: claude-keys rotate ADMIN-KEY`,
      });
    case 403:
      if (error.code === 'spend_limits_admin_api_writes_not_enabled') {
        return new UserError('console_refused', `${about}: the service does not let this organization do it here yet`, {
          hint: `set it in the Console: ${CONSOLE.limits}`,
        });
      }
      return new UserError('console_refused', `${about}: the admin key may not do this`, {
        hint: 'it needs a role that manages keys; see the members of the organization in the Console',
      });
    case 404:
      return new UserError(
        'console_key_not_found',
        `${about}: not there; it was deleted in the Console, or never was`,
        {
          hint: 'see what there is: claude-keys console list',
        },
      );
    case 429:
      return undecided(`${about} could not be asked for: too many requests just now${wait(failure)}`);
    default:
      return new UserError('console_refused', `${about}: the service refuses it (HTTP ${httpStatus})`, {
        hint: 'see its state: claude-keys console list',
      });
  }
}

function wait({ retryAfterMs }: Failure): string {
  return retryAfterMs === null ? '' : `; it asks to wait ${Math.ceil(retryAfterMs / 1000)} s`;
}

function undecided(message: string): UserError {
  return new UserError('undecided', message, { hint: 'run the same command again in a while' });
}
