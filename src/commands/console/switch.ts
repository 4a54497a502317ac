import { retrieveConsoleKey, setConsoleStatus } from '../../anthropic/admin/console-keys.ts';
import { audit } from '../../audit/index.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { openAdmin } from '../../keys/admin-key.ts';
import { allHoldings, isRowOf } from '../../keys/holdings.ts';
import { readRegistry } from '../../keys/registry.ts';
import { confirmed } from '../../terminal/ask.ts';
import { printable } from '../../terminal/plain.ts';
import type { ConsoleOptions } from './index.ts';
import { toView } from './view.ts';

/** Switches a key of the Console off or on, after a yes. */
export async function switchKey(
  ctx: Context,
  id: string,
  status: 'active' | 'inactive',
  options: ConsoleOptions,
): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const admin = await openAdmin(ctx, registry, { name: options['admin-key'] });
  const row = await retrieveConsoleKey(admin, id);
  const shown = `${printable(row.name)} (${row.hint ?? id})`;
  const holder = allHoldings(registry).find(({ record }) => isRowOf(row, record));
  if (row.status !== status) {
    const whose = holder === undefined ? '' : `; it is the ${holder.slot} secret of ${holder.entry.name}`;
    const verb = status === 'active' ? 'Switch on' : 'Switch off';
    await confirmed(ctx, options.yes, `${verb} ${shown} in the Console${whose}?`);
  }
  if (row.status !== status) {
    await audit(ctx, { key: holder?.entry.name ?? null, detail: `${id} to ${status} in the Console` });
  }
  const now = await setConsoleStatus(admin, id, status);
  if (ctx.ui.json)
    ctx.ui.document({ key: toView(now, { registry, workspaces: null, users: null, forgotten: () => false }) });
  ctx.ui.done(`${shown} is ${now.status}${row.status === status ? ', as it was' : ''}`);
  return EXIT.ok;
}
