import type { Context } from '../context.ts';
import type { CheckStatus, KeyKind } from '../keys/entry.ts';
import { holdsSecret } from '../keys/name.ts';
import type { Secret } from '../keys/secret.ts';
import { createClient, type Outcome, perform } from './client.ts';
import { withDeadline } from './deadline.ts';
import { type Endpoint, resolveEndpoint } from './endpoint.ts';
import { describeFailure } from './failure.ts';
import { type Probe, probeFor } from './probe.ts';
import { judgeError, readServiceError, undecided, type Verdict } from './verdict.ts';

/** What a test call said of a credential. */
export interface CheckResult {
  readonly status: CheckStatus;
  /** Whether the service accepted the credential; null when the answer says nothing of it. */
  readonly authenticated: boolean | null;
  readonly model: string | null;
  readonly latencyMs: number;
  readonly organizationId: string | null;
  readonly workspaceId: string | null;
  readonly requestId: string | null;
  /** One line for a person: what it means and, where there is one, what to do. Made by us, never the answer's body. */
  readonly message: string;
  readonly httpStatus: number | null;
}

export interface CheckOptions {
  /** Default: the `verifyModel` of config.json, else the cheapest current model. */
  readonly model?: string | undefined;
  /** List models instead of creating a message. */
  readonly free?: boolean;
  /** For the whole check. Default 10 000. */
  readonly timeoutMs?: number;
}

export const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * Tests a credential with one call to the service.
 * @throws {UserError} `untrusted_host` (exit 6) when `ANTHROPIC_BASE_URL` names a host that no key may be sent to;
 *   `bad_config` when config.json is needed and not right. Nothing else: a failed call is a result.
 */
export async function checkSecret(
  ctx: Context,
  secret: Secret,
  kind: KeyKind,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const endpoint = resolveEndpoint(ctx);
  const probe = probeFor(ctx, kind, options);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const client = await createClient(endpoint, secret, kind);
  const begun = performance.now();
  const outcome = await withDeadline(timeoutMs, (signal) => perform(client, probe.call, signal));
  const latencyMs = Math.round(performance.now() - begun);
  return { model: probe.model, latencyMs, ...read(outcome, probe, endpoint, timeoutMs) };
}

type Reading = Omit<CheckResult, 'model' | 'latencyMs'>;

function read(outcome: Outcome | 'late', probe: Probe, endpoint: Endpoint, timeoutMs: number): Reading {
  if (outcome === 'late') return nothing(`no answer from ${endpoint.host} within ${timeoutMs / 1000} s`, null);
  if (outcome.kind === 'failure') return nothing(describeFailure(outcome.error, endpoint.host), null);
  const { httpStatus, headers, body } = outcome;
  const verdict = judge(outcome, probe);
  // What is not the service's own answer is believed in nothing, its headers included.
  if (verdict === null) return nothing(notTheService(httpStatus, endpoint.host), httpStatus);
  const { id, type, request_id: requestId } = Object(body) as Record<string, unknown>;
  return {
    ...verdict,
    httpStatus,
    organizationId: identifier(type === 'organization' ? id : headers.get('anthropic-organization-id')),
    workspaceId: identifier(headers.get('anthropic-workspace-id')),
    requestId: identifier(headers.get('request-id') ?? requestId),
  };
}

/** Null for an answer that is not the service's. */
function judge({ httpStatus, headers, body }: Outcome & { kind: 'answer' }, probe: Probe): Verdict | null {
  if (httpStatus === 200) {
    const fits = typeof body === 'object' && body !== null && probe.fits(body as Record<string, unknown>);
    return fits ? { status: 'valid', authenticated: true, message: probe.success } : null;
  }
  const error = readServiceError(body);
  if (httpStatus < 400 || error === null) return null;
  const seconds = headers.get('retry-after') ?? '';
  const retryAfter = /^\d{1,7}$/.test(seconds) ? Number(seconds) : null;
  return judgeError(httpStatus, error, { model: probe.model, retryAfter });
}

function nothing(message: string, httpStatus: number | null): Reading {
  return { ...undecided(message), organizationId: null, workspaceId: null, requestId: null, httpStatus };
}

function notTheService(httpStatus: number, host: string): string {
  if (httpStatus >= 300 && httpStatus < 400) {
    return `${host} answered with a redirect (HTTP ${httpStatus}), which was not followed; the key went nowhere else`;
  }
  if (httpStatus >= 500) return `${host} answered HTTP ${httpStatus}, and not as the Claude API does; try again later`;
  return `what answered at ${host} (HTTP ${httpStatus}) is not the Claude API: a proxy, firewall or login page?`;
}

/** An id as the service makes them; a server that echoes a credential is not repeated. */
function identifier(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value) && !holdsSecret(value) ? value : null;
}
