import type { ConsoleKey } from '../anthropic/admin/console-keys.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { ambiguous, type Console } from './console.ts';
import type { KeyEntry } from './entry.ts';
import { linkTo } from './holdings.ts';
import { changeRegistry } from './registry.ts';
import { existing } from './resolve.ts';

/**
 * Switches the previous secret of a key off in the Console. Its row is written down first, so that after a crash the
 * same row is found again, whatever other rows have its hint. A row that is not there, or is off already, is let be.
 * @throws {UserError} `ambiguous_hint` when it cannot be told which row is meant.
 */
export async function switchOff(ctx: Context, entry: KeyEntry, console: Console): Promise<void> {
  const { previous } = entry;
  if (previous === null) return;
  const found = await console.find(previous);
  if (found.kind === 'several') throw ambiguous(entry.name, previous, found.rows);
  if (found.kind === 'none') {
    ctx.ui.note(`${previous.redacted} is not in the Console: deleted there, or of another organization`);
    return;
  }
  const { row } = found;
  refuseCurrent(entry, row);
  if (previous.consoleId === undefined) await noteRow(ctx, entry.name, row);
  if (row.status === 'active') await console.set(row.id, 'inactive');
}

/**
 * The row of the secret in use is never touched.
 * @throws {UserError} `ambiguous_hint`
 */
export function refuseCurrent({ name, current }: KeyEntry, row: ConsoleKey): void {
  if (row.id !== current.consoleId && row.hint !== current.redacted) return;
  throw new UserError('ambiguous_hint', `${row.id} looks like the secret that ${name} gives now; it was not touched`, {
    hint: `switch the right one off yourself: claude-keys console list; then: claude-keys retire ${name}`,
  });
}

function noteRow(ctx: Context, name: string, row: ConsoleKey): Promise<void> {
  return changeRegistry(ctx, ({ registry, save }) => {
    const { previous } = existing(registry, name);
    if (previous !== null) Object.assign(previous, linkTo(row));
    save();
  });
}
