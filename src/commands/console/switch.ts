import type { Admin } from '../../anthropic/admin/admin.ts';
import {
  type ConsoleKey,
  listConsoleKeys,
  retrieveConsoleKey,
  setConsoleStatus,
} from '../../anthropic/admin/console-keys.ts';
import { audit } from '../../audit/index.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { openAdmin } from '../../keys/admin-key.ts';
import { severalShow } from '../../keys/console.ts';
import { allHoldings, isRowOf } from '../../keys/holdings.ts';
import { readRegistry } from '../../keys/registry.ts';
import { confirmed } from '../../terminal/ask.ts';
import { printable } from '../../terminal/plain.ts';
import type { ConsoleOptions } from './index.ts';
import { toView } from './view.ts';

/** The redacted form of a key, as the Console and `scan` show it: `sk-ant-api03-R2D...igAA`. */
export function isHint(text: string): boolean {
  return /^sk-ant-[a-z]{2,12}\d\d-[\w-]{3}\.\.\.[\w-]{4}$/.test(text);
}

/** Switches a key of the Console, named by its id or its hint, off or on, after a yes. */
export async function switchKey(
  ctx: Context,
  idOrHint: string,
  status: 'active' | 'inactive',
  options: ConsoleOptions,
): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const admin = await openAdmin(ctx, registry, { name: options['admin-key'] });
  const row = isHint(idOrHint) ? await rowWithHint(admin, idOrHint) : await retrieveConsoleKey(admin, idOrHint);
  const { id } = row;
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

/** @throws {UserError} `console_key_not_found`; `ambiguous_hint` when several rows show it. */
async function rowWithHint(admin: Admin, wanted: string): Promise<ConsoleKey> {
  const rows = (await listConsoleKeys(admin)).filter(({ hint }) => hint === wanted);
  const [row] = rows;
  if (row === undefined) {
    throw new UserError('console_key_not_found', `no key of the Console shows ${wanted}`, {
      hint: 'see what there is: claude-keys console list',
    });
  }
  if (rows.length === 1) return row;
  throw severalShow(wanted, rows, 'name one by its id');
}
