import { retrieveConsoleKey } from '../../anthropic/admin/console-keys.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { openAdmin } from '../../keys/admin-key.ts';
import { holdingsOf, linkTo } from '../../keys/holdings.ts';
import { checkName } from '../../keys/name.ts';
import { changeRegistry, readRegistry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { toKey } from '../../keys/view.ts';
import type { ConsoleOptions } from './index.ts';

/** Remembers which row of the Console is that of a stored secret. */
export async function linkKey(ctx: Context, given: string, id: string, options: ConsoleOptions): Promise<ExitCode> {
  const name = checkName(given);
  const registry = readRegistry(ctx);
  const { current } = existing(registry, name);
  const choice = { name: options['admin-key'], organizationId: current.organizationId };
  const row = await retrieveConsoleKey(await openAdmin(ctx, registry, choice), id);
  const linked = await changeRegistry(ctx, ({ registry: now, save }) => {
    const entry = existing(now, name);
    // A row without a hint cannot be compared: whoever names it knows.
    const hint = row.hint ?? entry.current.redacted;
    const holding = holdingsOf(entry).find(({ record }) => record.redacted === hint);
    if (holding === undefined) throw otherKey(name, id, hint, entry.current.redacted);
    Object.assign(holding.record, linkTo(row));
    if (holding.slot === 'current') entry.expiresAt = row.expiresAt;
    save();
    return { registry: now, slot: holding.slot };
  });
  const entry = existing(linked.registry, name);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(entry, linked.registry), slot: linked.slot });
  const which = linked.slot === 'current' ? name : `the secret ${linked.slot} of ${name}`;
  ctx.ui.done(`${which} is ${id} in the Console: ${row.name}, ${row.status}`);
  return EXIT.ok;
}

function otherKey(name: string, id: string, hint: string, current: string): UserError {
  return new UserError('usage', `${id} is another key: the Console shows it as ${hint}`, {
    hint: `${name} is ${current}; find its row: claude-keys console list`,
  });
}
