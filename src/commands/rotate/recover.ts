import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { undoRotation } from '../../keys/activating.ts';
import { endCutOffAdd } from '../../keys/adding.ts';
import { Consoles } from '../../keys/console.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { identify } from '../../keys/identify.ts';
import { readRegistry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { completeRotation } from '../../keys/rotating.ts';
import { replan } from '../../keys/rotation.ts';
import { slotOf } from '../../keys/slot.ts';
import { stagePrevious } from '../../keys/staging.ts';
import { toKey } from '../../keys/view.ts';
import { isAddress, openStore } from '../../stores/at.ts';
import { confirmed } from '../../terminal/ask.ts';
import { endPrevious, finishRotation } from './finish.ts';
import { howFrom, retirePlan } from './how.ts';
import type { RotateOptions } from './index.ts';
import { previousView, RotationReport } from './report.ts';

/** `--resume`: goes on where a rotation, an `add` or a retirement that was asked for was interrupted. */
export async function resumeRotation(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  if (isCutOffAdd(registry.keys.get(name))) return endAdd(ctx, name, true);
  const entry = existing(registry, name);
  if (options.retire !== undefined) await replan(ctx, name, retirePlan(options, 'later'));
  const report = new RotationReport(ctx);
  const how = howFrom(ctx, options, report);
  if (entry.change === null && entry.retirement) return endPrevious(ctx, readRegistry(ctx), name, how, report);
  return finishRotation(ctx, name, how, report);
}

/** `--abort`: takes the new secret out again. */
export async function abortRotation(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  if (isCutOffAdd(readRegistry(ctx).keys.get(name))) return endAdd(ctx, name, false);
  const report = new RotationReport(ctx);
  const entry = existing(readRegistry(ctx), name);
  const left = entry.change === null ? await leftByOthers(ctx, entry) : null;
  if (left !== null) {
    await confirmed(ctx, options.yes, `Take out ${left}, which somebody else has staged at ${entry.store}?`);
    await (await openStore(ctx, entry.store)).delete(slotOf(name, 'pending'));
    report.step('abort', 'done', `${left} is taken out of ${entry.store}; it was never in use`);
    return report.end(readRegistry(ctx), name, previousView(entry));
  }
  const registry = await undoRotation(ctx, name, new Consoles(ctx, options['admin-key']));
  report.step('abort', 'done', `the new secret is taken out again; ${name} gives the old one`);
  return report.end(registry, name, previousView(existing(registry, name)));
}

/** `--rollback`: the previous secret becomes the current one, and the other way round. */
export async function rollBack(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const report = new RotationReport(ctx);
  const { current, previous } = existing(readRegistry(ctx), name);
  if (previous !== null) await confirmed(ctx, options.yes, `Go back from ${current.redacted} to ${previous.redacted}?`);
  await stagePrevious(ctx, name);
  report.step('stage', 'done', `${previous?.redacted} is staged again`);
  const registry = await completeRotation(ctx, name, howFrom(ctx, options, report));
  return report.end(registry, name, previousView(existing(registry, name)));
}

/** What somebody else has staged at a key's home in a manager, redacted: their machine may be gone. */
async function leftByOthers(ctx: Context, { name, store }: KeyEntry): Promise<string | null> {
  if (!isAddress(store)) return null;
  const pending = await (await openStore(ctx, store)).get(slotOf(name, 'pending'));
  return pending === null ? null : identify(pending).redacted;
}

function isCutOffAdd(entry: KeyEntry | undefined): boolean {
  return entry?.change?.operation === 'add';
}

async function endAdd(ctx: Context, name: string, keep: boolean): Promise<ExitCode> {
  const { registry, there } = await endCutOffAdd(ctx, name, keep);
  if (there) {
    if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry), steps: [], previous: null });
    ctx.ui.done(`${name} is stored; test it: claude-keys verify ${name}`);
    return EXIT.ok;
  }
  if (keep) {
    throw new UserError('rotation_undone', `the secret of ${name} had not been stored yet; nothing of it is left`, {
      hint: `add it again: claude-keys add ${name}`,
    });
  }
  if (ctx.ui.json) ctx.ui.document({ key: null, steps: [], previous: null });
  ctx.ui.done(`nothing is left of ${name}`);
  return EXIT.ok;
}
