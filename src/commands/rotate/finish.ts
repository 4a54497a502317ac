import { isApproved } from '../../claude-code/approval.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { timeLeft } from '../../keys/dates.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { readSecret } from '../../keys/read-secret.ts';
import { type Registry, readRegistry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { type Ending, type RetireHow, retirePrevious } from '../../keys/retiring.ts';
import { completeRotation, type RotationHow } from '../../keys/rotating.ts';
import { forgetPrevious } from '../../keys/undoing.ts';
import { CONSOLE_KEYS_PAGE } from '../../terminal/browser.ts';
import { type PreviousView, previousView, type RotationReport } from './report.ts';

/** Every step behind `stage`, to the retirement if it was asked for. */
export async function finishRotation(
  ctx: Context,
  name: string,
  how: RotationHow,
  report: RotationReport,
): Promise<ExitCode> {
  const asksAgain = await isApprovedInClaudeCode(ctx, existing(readRegistry(ctx), name));
  const registry = await completeRotation(ctx, name, how);
  if (asksAgain) ctx.ui.note('Claude Code will ask once to approve the new key where it finds it in its environment');
  return endPrevious(ctx, registry, name, how, report);
}

/** What was asked for the secret that was replaced, if its time has come. */
export async function endPrevious(
  ctx: Context,
  registry: Registry,
  name: string,
  rotation: RotationHow,
  report: RotationReport,
): Promise<ExitCode> {
  const { previous, retirement } = existing(registry, name);
  if (previous === null) return report.end(registry, name, null);
  const { redacted } = previous;
  if (retirement?.how === 'forget') {
    const after = await forgetPrevious(ctx, name, null);
    const where = `it works until it is disabled at ${CONSOLE_KEYS_PAGE}`;
    report.step('retire', 'skipped', `${redacted} was forgotten; ${where}`);
    return report.end(after, name, { redacted, status: 'forgotten' });
  }
  const left = retirement ? Date.parse(retirement.at) - ctx.now().getTime() : Number.NaN;
  if (!retirement || left > 0) {
    const when = retirement ? `rotate --due ends it in ${timeLeft(left)}` : `end it: claude-keys retire ${name}`;
    report.step('retire', 'pending', `${redacted} still works; ${when}`);
    return report.end(registry, name, previousView(existing(registry, name)));
  }
  const { ending, code } = await retireNow(ctx, name, { rotation, how: retirement.how, waitMs: rotation.waitMs });
  report.step('retire', STATUS[ending.outcome], ending.message);
  const after = readRegistry(ctx);
  const view: PreviousView | null =
    ending.outcome === 'retired' ? { redacted, status: 'retired' } : previousView(existing(after, name));
  return report.end(after, name, view, code);
}

const STATUS = {
  retired: 'done',
  still_active: 'pending',
  undecided: 'pending',
  current_rejected: 'failed',
  rolled_back: 'failed',
  failed: 'failed',
} as const;

const CODE: Readonly<Record<Ending['outcome'], ExitCode>> = {
  retired: EXIT.ok,
  still_active: EXIT.no,
  undecided: EXIT.undecided,
  current_rejected: EXIT.no,
  rolled_back: EXIT.no,
};

type AnyEnding = Omit<Ending, 'outcome'> & { readonly outcome: Ending['outcome'] | 'failed' };

/** A retirement that cannot be done takes nothing back of the rotation before it. */
async function retireNow(ctx: Context, name: string, how: RetireHow): Promise<{ ending: AnyEnding; code: ExitCode }> {
  try {
    const waitMs = await patienceFor(ctx, name, how);
    const ending = await retirePrevious(ctx, name, { ...how, waitMs });
    return { ending, code: CODE[ending.outcome] };
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
    if (error.hint !== undefined) ctx.ui.note(`hint: ${error.hint}`);
    return { ending: { outcome: 'failed', message: error.message }, code: error.exitCode };
  }
}

/** Without an admin key a person switches it off, and is waited for only if there may be one. */
async function patienceFor(ctx: Context, name: string, { rotation, waitMs }: RetireHow): Promise<number> {
  const entry = existing(readRegistry(ctx), name);
  if ((await rotation.consoles.forOrNone(entry)) !== null) return waitMs;
  ctx.ui.note(`disable ${entry.previous?.redacted} in the Console now: ${CONSOLE_KEYS_PAGE}`);
  return ctx.stdin.isTTY && !rotation.unattended ? waitMs : 0;
}

async function isApprovedInClaudeCode(ctx: Context, entry: KeyEntry): Promise<boolean> {
  const current = await readSecret(ctx, entry).catch(() => null);
  return current !== null && isApproved(ctx, current);
}
