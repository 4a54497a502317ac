import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { readAllowed, setAllowed } from '../integration/allowed.ts';
import { nearestListed, physical } from '../integration/folder.ts';
import { printable } from '../terminal/plain.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args }: InputOf<'deny'>): Promise<ExitCode> {
  const at = physical(ctx, args[0]);
  const list = readAllowed(ctx);
  const folder = args[0] === undefined ? (nearestListed(list, at) ?? at) : at;
  const there = list.find((each) => each.folder === folder);
  if (there !== undefined) await audit(ctx, { key: there.name, detail: 'no longer to shells, by folder' });
  const changed = there !== undefined && (await setAllowed(ctx, folder, null));
  if (ctx.ui.json) ctx.ui.document({ folder, changed });
  ctx.ui.done(
    changed
      ? `shells no longer follow ${printable(folder)}, from the next prompt on`
      : `${printable(folder)} was not allowed; nothing was changed`,
  );
  return EXIT.ok;
}
