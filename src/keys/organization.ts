import type { CheckResult } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { checkFree } from './patience.ts';
import { readSecret } from './read-secret.ts';

/** @throws {UserError} `other_organization` when both organizations are known and differ. */
export async function refuseOtherOrganization(ctx: Context, entry: KeyEntry, result: CheckResult): Promise<void> {
  if (result.organizationId === null) return;
  const known = entry.current.organizationId ?? (await organizationOf(ctx, entry));
  if (known === null || known === result.organizationId) return;
  throw new UserError('other_organization', `the new secret belongs to another organization than ${entry.name} does`, {
    hint: 'give one of the same organization, or say that it is meant: --allow-other-org',
  });
}

/** A key that was stored without a test does not know its organization yet. */
async function organizationOf(ctx: Context, entry: KeyEntry): Promise<string | null> {
  const current = await readSecret(ctx, entry).catch(() => null);
  return current === null ? null : (await checkFree(ctx, entry, current)).organizationId;
}
