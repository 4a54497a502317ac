import { type CheckResult, checkSecret } from '../../anthropic/check.ts';
import { isApproved } from '../../claude-code/approval.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { readSecret } from '../../keys/read-secret.ts';
import type { Registry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { retirePrevious } from '../../keys/retiring.ts';
import { abort, forgetPrevious, promote } from '../../keys/rotation.ts';
import type { Secret } from '../../keys/secret.ts';
import { noteOf, testNewSecret, warnOf } from '../../keys/testing.ts';
import { CONSOLE_KEYS_PAGE } from '../../terminal/browser.ts';
import type { RotateOptions } from './index.ts';
import { type PreviousView, previousView, type RotationReport } from './report.ts';

/** How long a person at a terminal has to disable the old key in the Console. */
const RETIRE_WAIT_MS = 60_000;

/** The steps behind `stage`: test, promote, publish, retire. `entry` is the key as it was before. */
export async function finishRotation(
  ctx: Context,
  entry: KeyEntry,
  pending: Secret,
  options: RotateOptions,
  report: RotationReport,
): Promise<ExitCode> {
  const asksAgain = await isApprovedInClaudeCode(ctx, entry);
  const registry = await testAndPromote(ctx, entry, pending, options, report);
  if (asksAgain) ctx.ui.note('Claude Code will ask once to approve the new key where it finds it in its environment');
  return closeRotation(ctx, registry, entry, options, report);
}

/** The steps behind `promote`: publish, retire. `before` is the key as it was before its new secret was promoted. */
export async function closeRotation(
  ctx: Context,
  registry: Registry,
  before: KeyEntry,
  options: RotateOptions,
  report: RotationReport,
): Promise<ExitCode> {
  report.step('publish', 'skipped', 'no targets are linked');
  return retireStep(ctx, registry, before, options, report);
}

/**
 * Tests the staged secret and makes it the current one.
 * @throws {UserError} `key_rejected` or `other_organization`, the key then being as it was before; `undecided` when
 *   the service could not be asked: the secret stays staged.
 */
export async function testAndPromote(
  ctx: Context,
  entry: KeyEntry,
  pending: Secret,
  options: RotateOptions,
  report: RotationReport,
): Promise<Registry> {
  const result = options['no-verify'] ? null : await testOrUndo(ctx, entry, pending, options);
  if (result === null) report.step('test', 'skipped', 'not asked for');
  else report.step('test', 'done', result.message);
  const registry = await promote(ctx, entry.name, {
    lastCheck: noteOf(ctx, result),
    organizationId: result?.organizationId ?? null,
  });
  report.step('promote', 'done', `${entry.name} gives the new secret from now on`);
  warnOf(ctx, entry.name, result);
  return registry;
}

/** A secret that must not come into use is taken out again, and the key is as it was before. */
async function testOrUndo(
  ctx: Context,
  entry: KeyEntry,
  pending: Secret,
  options: RotateOptions,
): Promise<CheckResult> {
  let result: CheckResult;
  try {
    result = await testNewSecret(ctx, pending, entry.kind);
    if (!options['allow-other-org']) await refuseOtherOrganization(ctx, entry, result);
  } catch (error) {
    await abort(ctx, entry.name);
    throw error;
  }
  if (result.status !== 'undecided') return result;
  throw new UserError(
    'undecided',
    `the new secret could not be tested, so ${entry.name} still gives the old one: ${result.message}`,
    {
      hint: `go on later: claude-keys rotate ${entry.name} --resume, or undo: claude-keys rotate ${entry.name} --abort`,
    },
  );
}

/** @throws {UserError} `other_organization` when both organizations are known and differ. */
async function refuseOtherOrganization(ctx: Context, entry: KeyEntry, result: CheckResult): Promise<void> {
  if (result.organizationId === null) return;
  const known = entry.current.organizationId ?? (await organizationOf(ctx, entry));
  if (known === null || known === result.organizationId) return;
  throw new UserError('other_organization', `the new secret belongs to another organization than ${entry.name} does`, {
    hint: 'give one of the same organization, or say that it is meant: --allow-other-org',
  });
}

async function isApprovedInClaudeCode(ctx: Context, entry: KeyEntry): Promise<boolean> {
  const current = await readSecret(ctx, entry).catch(() => null);
  return current !== null && isApproved(ctx, current);
}

/** A key that was stored without a test does not know its organization yet. */
async function organizationOf(ctx: Context, entry: KeyEntry): Promise<string | null> {
  const current = await readSecret(ctx, entry).catch(() => null);
  return current === null ? null : (await checkSecret(ctx, current, entry.kind, { free: true })).organizationId;
}

async function retireStep(
  ctx: Context,
  registry: Registry,
  before: KeyEntry,
  options: RotateOptions,
  report: RotationReport,
): Promise<ExitCode> {
  const { name } = before;
  const { redacted } = before.current;
  if (options.retire === 'never') {
    const after = await forgetPrevious(ctx, name);
    report.step(
      'retire',
      'skipped',
      `${redacted} was forgotten; it works until it is disabled at ${CONSOLE_KEYS_PAGE}`,
    );
    return report.end(after, name, { redacted, status: 'forgotten' });
  }
  if (options.retire !== 'now') {
    report.step('retire', 'pending', `${redacted} still works; end it: claude-keys retire ${name}`);
    return report.end(registry, name, previousView(existing(registry, name).previous));
  }
  ctx.ui.note(`disable ${redacted} in the Console now: ${CONSOLE_KEYS_PAGE}`);
  const { outcome, message } = await retirePrevious(
    ctx,
    existing(registry, name),
    ctx.stdin.isTTY ? RETIRE_WAIT_MS : 0,
  );
  const retired = outcome === 'retired';
  const previous: PreviousView = { redacted, status: retired ? 'retired' : 'active' };
  report.step('retire', retired ? 'done' : 'pending', message);
  return report.end(registry, name, previous, retired ? EXIT.ok : outcome === 'undecided' ? EXIT.undecided : EXIT.no);
}
