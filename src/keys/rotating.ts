import { type CheckResult, checkSecret } from '../anthropic/check.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { activateStaged, undoRotation } from './activating.ts';
import type { Consoles } from './console.ts';
import type { KeyEntry } from './entry.ts';
import { refuseOtherOrganization } from './organization.ts';
import { lookUntil } from './patience.ts';
import { publish } from './publishing.ts';
import { readSecret } from './read-secret.ts';
import { type Registry, readRegistry } from './registry.ts';
import { existing } from './resolve.ts';
import { endRotation, noteRotation, promote, underWay } from './rotation.ts';
import { settleStage } from './staging.ts';
import { noteOf, refuseRejected, testNewSecret, warnOf } from './testing.ts';

export type StepName = 'stage' | 'activate' | 'test' | 'promote' | 'publish' | 'retire' | 'abort';
export type StepStatus = 'done' | 'skipped' | 'pending' | 'failed';

/** Told of each step of a rotation as it ends. */
export interface Reporter {
  step(step: StepName, status: StepStatus, message: string): void;
  /** How long each step took so far, in milliseconds. */
  took(): Readonly<Record<string, number>>;
}

/** How a rotation is to go on. */
export interface RotationHow {
  readonly report: Reporter;
  readonly consoles: Consoles;
  /** Leave the test out. */
  readonly unverified: boolean;
  readonly allowOtherOrg: boolean;
  /** How long to wait for a test that says that the new secret works. 0 looks once. */
  readonly waitMs: number;
  /** Nobody is there: a new secret that cannot be used for what the old one can is not taken. */
  readonly unattended: boolean;
}

/**
 * Takes a rotation from the step that the registry names to its end: activate, test, promote, publish.
 * @returns the registry behind it
 * @throws {UserError} `key_rejected` and `other_organization`, the key then being as it was before; `undecided` when
 *   the service could not be asked: the secret stays staged, to be resumed.
 */
export async function completeRotation(ctx: Context, name: string, how: RotationHow): Promise<Registry> {
  if (stepOf(ctx, name) === 'stage') await settleStage(ctx, name);
  if (stepOf(ctx, name) === 'activate') {
    await orUndo(ctx, name, how, () => activateStaged(ctx, name, how));
    await noteRotation(ctx, name, { step: 'test' });
  }
  const step = stepOf(ctx, name);
  if (step === 'test' || step === 'promote') {
    const result = step === 'test' && !how.unverified ? await orUndo(ctx, name, how, () => test(ctx, name, how)) : null;
    await promoteTested(ctx, name, result, step === 'promote', how.report);
  }
  const { status, message } = await publish(ctx, existing(readRegistry(ctx), name));
  how.report.step('publish', status, message);
  return endRotation(ctx, name, how.report.took());
}

function stepOf(ctx: Context, name: string) {
  const registry = readRegistry(ctx);
  const { change } = existing(registry, name);
  // Behind the promotion nothing is pending any more.
  if (change?.operation === 'rotate' && change.step === 'publish') return 'publish';
  return underWay(registry, name).rotation.step;
}

async function promoteTested(
  ctx: Context,
  name: string,
  result: CheckResult | null,
  again: boolean,
  report: Reporter,
): Promise<void> {
  if (result !== null) report.step('test', 'done', result.message);
  else if (!again) report.step('test', 'skipped', 'not asked for');
  // Resumed in the middle of the promotion, what the test had said is no longer known.
  const { organizationId = null, workspaceId = null } = result ?? {};
  const note = { lastCheck: noteOf(ctx, result), organizationId, workspaceId };
  await promote(ctx, name, again ? null : note);
  report.step('promote', 'done', `${name} gives the new secret from now on`);
  if (result !== null) warnOf(ctx, name, result);
}

/** A secret that must not come into use is taken out again, and the key is as it was before. */
async function orUndo<T>(ctx: Context, name: string, how: RotationHow, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError && error.code === 'undecided')) await undoRotation(ctx, name, how.consoles);
    throw error;
  }
}

async function test(ctx: Context, name: string, how: RotationHow): Promise<CheckResult> {
  const { entry, rotation } = underWay(readRegistry(ctx), name);
  const pending = await readSecret(ctx, entry, 'pending');
  // A secret that was switched on a moment ago is rejected until every part of the service has noticed.
  const waitMs = rotation.activated !== undefined || how.unattended ? how.waitMs : 0;
  const result =
    waitMs === 0
      ? await testNewSecret(ctx, pending, entry.kind)
      : await lookUntil(waitMs, () => checkSecret(ctx, pending, entry.kind), isUsable);
  refuseRejected(result);
  if (!how.allowOtherOrg) await refuseOtherOrganization(ctx, entry, result);
  if (result.status === 'undecided' || (how.unattended && !isUsable(result))) throw notTested(entry, result);
  return result;
}

/** Limits and credit are the account's, so that the old secret met them too. */
function isUsable({ status }: CheckResult): boolean {
  return status === 'valid' || status === 'limited' || status === 'no_credit';
}

function notTested({ name }: KeyEntry, { message }: CheckResult): UserError {
  return new UserError(
    'undecided',
    `the new secret could not be tested, so ${name} still gives the old one: ${message}`,
    {
      hint: `go on later: claude-keys rotate ${name} --resume, or undo: claude-keys rotate ${name} --abort`,
    },
  );
}
