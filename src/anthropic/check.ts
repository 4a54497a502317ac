import type { Context } from '../context.ts';
import type { CheckStatus, KeyKind } from '../keys/entry.ts';
import type { Secret } from '../keys/secret.ts';

/** What a test call said of a credential. */
export interface CheckResult {
  readonly status: CheckStatus;
  /** Whether the service accepted the credential; null when the answer says nothing of it. */
  readonly authenticated: boolean | null;
  readonly model: string | null;
  readonly latencyMs: number;
  readonly organizationId: string | null;
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

/**
 * Tests a credential with one call to the service.
 * @throws {UserError} `untrusted_host` (exit 6) when `ANTHROPIC_BASE_URL` names a host that no key may be sent to.
 *   Nothing else: a failed call is a result.
 */
export async function checkSecret(
  _ctx: Context,
  _secret: Secret,
  _kind: KeyKind,
  _options: CheckOptions = {},
): Promise<CheckResult> {
  throw new Error('not built yet');
}
