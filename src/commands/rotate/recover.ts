import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { endCutOffAdd } from '../../keys/adding.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { readRegistry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { abort, promote, stagePrevious } from '../../keys/rotation.ts';
import type { Secret } from '../../keys/secret.ts';
import { slotOf } from '../../keys/slot.ts';
import { toKey } from '../../keys/view.ts';
import { confirmed } from '../../terminal/ask.ts';
import { closeRotation, finishRotation, testAndPromote } from './finish.ts';
import type { RotateOptions } from './index.ts';
import { previousView, RotationReport } from './report.ts';

/** `--resume`: goes on where a rotation, or an `add`, was interrupted. */
export async function resumeRotation(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  if (isCutOffAdd(registry.keys.get(name))) return endAdd(ctx, name, true);
  const entry = existing(registry, name);
  const report = new RotationReport(ctx);
  const untested = await untestedSecret(ctx, entry);
  if (untested !== null) return finishRotation(ctx, entry, untested, options, report);
  const promoted = await promote(ctx, name, null);
  report.step('promote', 'done', `${name} gives the new secret`);
  return closeRotation(ctx, promoted, entry, options, report);
}

/** `--abort`: takes the new secret out again. */
export async function abortRotation(ctx: Context, name: string): Promise<ExitCode> {
  if (isCutOffAdd(readRegistry(ctx).keys.get(name))) return endAdd(ctx, name, false);
  const report = new RotationReport(ctx);
  const registry = await abort(ctx, name);
  report.step('abort', 'done', `the new secret is gone from the store; ${name} gives the old one`);
  return report.end(registry, name, previousView(existing(registry, name).previous));
}

/** `--rollback`: the previous secret becomes the current one, and the other way round. */
export async function rollBack(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const report = new RotationReport(ctx);
  const entry = existing(readRegistry(ctx), name);
  const { current, previous } = entry;
  if (previous !== null) await confirmed(ctx, options.yes, `Go back from ${current.redacted} to ${previous.redacted}?`);
  const secret = await stagePrevious(ctx, name);
  report.step('stage', 'done', `${previous?.redacted} is staged again`);
  const registry = await testAndPromote(ctx, entry, secret, options, report);
  return report.end(registry, name, previousView(existing(registry, name).previous));
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

/** The pending secret of a rotation that has not come to its promotion; null for every other. */
async function untestedSecret(ctx: Context, { name, store, change }: KeyEntry): Promise<Secret | null> {
  if (change?.operation !== 'rotate' || change.step === 'promote') return null;
  return (await ctx.stores[store].open(ctx)).get(slotOf(name, 'pending'));
}
