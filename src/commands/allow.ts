import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { setAllowed } from '../integration/allowed.ts';
import { boundFolder } from '../integration/folder.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { printable } from '../terminal/plain.ts';
import type { InputOf } from './table.ts';

/** Lets shells with `--auto` take the key that the folder's file names now; with another name in it they ask again. */
export async function run(ctx: Context, { args }: InputOf<'allow'>): Promise<ExitCode> {
  const { folder, name } = boundFolder(ctx, args[0]);
  const entry = existing(readRegistry(ctx), name, `${folder}/.claude-keys`);
  await audit(ctx, { key: name, fingerprint: entry.current.fingerprint, detail: 'to shells, by folder' });
  const changed = await setAllowed(ctx, folder, name);
  if (ctx.ui.json) ctx.ui.document({ folder, key: name, changed });
  ctx.ui.done(
    changed
      ? `shells with --auto take ${name} in ${printable(folder)} and below, from the next prompt on`
      : `${printable(folder)} may have ${name} already; nothing was changed`,
  );
  return EXIT.ok;
}
