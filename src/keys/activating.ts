import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { ambiguous, type Consoles } from './console.ts';
import { linkTo } from './holdings.ts';
import { type Registry, readRegistry } from './registry.ts';
import { existing } from './resolve.ts';
import type { RotationHow } from './rotating.ts';
import { noteRotation, type Rotation, underWay } from './rotation.ts';
import { settleStandby } from './standby.ts';
import { abort } from './undoing.ts';

/**
 * Makes the staged secret active in the Console, if it is switched off there. That it is about to be is written down
 * first, so that undoing the rotation switches it off again.
 * @throws {UserError} `standby_unusable` when it cannot be: deleted, expired, archived, or its row cannot be told.
 */
export async function activateStaged(ctx: Context, name: string, { consoles, report }: RotationHow): Promise<void> {
  const { entry, rotation, pending } = underWay(readRegistry(ctx), name);
  const console = rotation.standby === undefined ? await consoles.forOrNone(entry) : await consoles.for(entry);
  const skip = (why: string) => report.step('activate', 'skipped', why);
  // To go back without an Admin API, or to what it does not know, the test alone decides.
  if (console === null) return skip('no admin key is stored');
  const found = await console.find(pending);
  if (found.kind !== 'one') {
    if (rotation.standby === undefined) return skip('its row in the Console was not found');
    throw found.kind === 'none' ? unusable(name, rotation, 'was deleted') : ambiguous(name, pending, found.rows);
  }
  const { row } = found;
  if (row.status === 'active') return report.step('activate', 'done', `${pending.redacted} is active`);
  if (row.status !== 'inactive') throw unusable(name, rotation, `is ${row.status}`);
  await noteRotation(ctx, name, { activated: row.id, link: linkTo(row) });
  await console.set(row.id, 'active');
  report.step('activate', 'done', `${pending.redacted} was made active in the Console`);
}

/** Undoes a rotation, and switches off again what it had switched on. */
export async function undoRotation(ctx: Context, name: string, consoles: Consoles): Promise<Registry> {
  const { change: rotation } = existing(readRegistry(ctx), name);
  // It says what is wrong where there is nothing to undo.
  const registry = await abort(ctx, name);
  if (rotation?.operation !== 'rotate' || rotation.activated === undefined) return registry;
  const entry = registry.keys.get(name);
  if (entry === undefined) return registry;
  try {
    if (rotation.standby !== undefined) await settleStandby(ctx, name, rotation.standby, consoles);
    else await (await consoles.for(entry)).set(rotation.activated, 'inactive');
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const id = rotation.activated;
    ctx.ui.warn(`${id} could not be switched off again: ${error.message}`, `claude-keys console disable ${id}`);
  }
  return readRegistry(ctx);
}

function unusable(name: string, { standby }: Rotation, what: string): UserError {
  const hint =
    standby === undefined
      ? `replace the current one: claude-keys rotate ${name}`
      : `forget it: claude-keys standby remove ${name} ${standby}`;
  const which = standby === undefined ? `the previous secret of ${name}` : `standby ${standby} of ${name}`;
  return new UserError('standby_unusable', `${which} ${what} in the Console`, { hint });
}
