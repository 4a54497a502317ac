import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { renameInGrants } from '../grants/granting.ts';
import { openGrants } from '../grants/store.ts';
import { checkName } from '../keys/name.ts';
import { renameKey } from '../keys/renaming.ts';
import { existing, findFolderFile } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args }: InputOf<'rename'>): Promise<ExitCode> {
  const [from = '', to = ''] = args.map(checkName);
  const registry = await renameKey(ctx, from, to);
  await renameInGrants(await openGrants(ctx, undefined), from, to);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, to), registry) });
  ctx.ui.done(`${from} is now called ${to}.`);
  const folder = findFolderFile(ctx.cwd);
  if (folder?.name === from) ctx.ui.warn(`${folder.file} still names ${from}`, `claude-keys use --here ${to}`);
  return EXIT.ok;
}
