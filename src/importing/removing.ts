import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Item, isDead, isKept } from './items.ts';
import { type Place, type SourceFile, whereOf } from './places.ts';
import { planRewrite, type Removal, writeRewrite } from './rewriting.ts';

/**
 * Takes the keys out of their files, once each is safe: in its store, read back from there, or dead.
 * @param dryRun works everything out and writes nothing; then `removed` stays false and `why` null where it would be
 */
export async function removeFromFiles(ctx: Context, items: readonly Item[], dryRun: boolean): Promise<void> {
  const removals = new Map<SourceFile, Removal[]>();
  for (const item of items) {
    if (item.leftOut) continue;
    const refusal = await whyKept(ctx, item, dryRun);
    for (const place of item.find.places) {
      if (place.file === null) continue;
      if (refusal !== null) place.why = refusal;
      else removals.set(place.file, [...(removals.get(place.file) ?? []), { place, note: noteFor(item) }]);
    }
  }
  for (const [file, wanted] of removals) await rewrite(ctx, file, wanted, dryRun);
  for (const { find } of items) explainOthers(ctx, find.places);
}

/** Null when the copies in files may go. */
async function whyKept(ctx: Context, item: Item, dryRun: boolean): Promise<string | null> {
  if (isDead(item)) return null;
  if (!item.stored) return dryRun && item.name !== null ? null : 'it is not stored, so it was left where it is';
  try {
    if (await isKept(ctx, item.find)) return null;
    return 'its store holds something else, so it was left where it is';
  } catch (error) {
    if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
    return `it could not be read back from its store: ${error.message}`;
  }
}

function noteFor(item: Item): Removal['note'] {
  const name = item.storedAs ?? item.name;
  if (isDead(item)) return (variable) => `${variable} was removed by claude-keys: the key in it was dead`;
  return (variable) => `${variable} is kept by claude-keys: claude-keys exec ${name} -- COMMAND`;
}

async function rewrite(ctx: Context, file: SourceFile, wanted: readonly Removal[], dryRun: boolean): Promise<void> {
  const plan = planRewrite(file, wanted);
  if (plan.gone.length === 0) return;
  const lines = plan.gone.map(({ line }) => line).sort((a, b) => Number(a) - Number(b));
  const what = `${file.label} (line ${[...new Set(lines)].join(', ')})`;
  if (dryRun) {
    ctx.ui.done(`Would be removed from ${what}.`);
    return;
  }
  try {
    await audit(ctx, { detail: `taken out of ${file.label}` });
    writeRewrite(file, plan);
    for (const place of plan.gone) place.removed = true;
    ctx.ui.done(`Removed from ${what}.`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    for (const place of plan.gone) Object.assign(place, { why: error.message, told: true });
    ctx.ui.warn(error.message, error.hint);
  }
}

/** A variable of the environment cannot be removed from outside; the file that sets it can be named. */
function explainOthers(ctx: Context, places: readonly Place[]): void {
  for (const place of places) {
    if (place.source !== 'environment') continue;
    const set = places.find(({ file, variable }) => file !== null && variable === place.variable);
    const unset = ctx.platform === 'win32' ? `Remove-Item Env:${place.variable}` : `unset ${place.variable}`;
    place.why = `the running shell keeps it: ${unset}${set === undefined ? '' : ` (it comes from ${whereOf(set)})`}`;
  }
}
