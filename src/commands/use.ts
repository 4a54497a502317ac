import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { canBeListed, setAllowed } from '../integration/allowed.ts';
import { physical } from '../integration/folder.ts';
import { writeFolderFile } from '../keys/folder-file.ts';
import { checkName } from '../keys/name.ts';
import { changeRegistry, readRegistry } from '../keys/registry.ts';
import { existing, findFolderFile } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args, options }: InputOf<'use'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  return options.here ? useHere(ctx, name) : useAsDefault(ctx, name);
}

async function useAsDefault(ctx: Context, name: string): Promise<ExitCode> {
  const key = await changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    if (registry.default !== name) {
      await audit(ctx, { key: name, fingerprint: entry.current.fingerprint, detail: 'as the default' });
      registry.default = name;
      save();
    }
    return toKey(entry, registry);
  });
  if (ctx.ui.json) ctx.ui.document({ key });
  ctx.ui.done(`${name} is the default key`);
  const folder = findFolderFile(ctx.cwd);
  if (folder !== null && folder.name !== name) ctx.ui.note(`in this folder ${folder.file} comes first`);
  noteVariable(ctx, name);
  return EXIT.ok;
}

async function useHere(ctx: Context, name: string): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const key = toKey(existing(registry, name), registry);
  await audit(ctx, { key: name, fingerprint: key.fingerprint, detail: 'in this folder' });
  const file = writeFolderFile(ctx.cwd, name);
  // Who says it himself need not be asked whether his shell may follow it.
  const folder = physical(ctx, undefined);
  if (canBeListed(folder)) await setAllowed(ctx, folder, name);
  if (ctx.ui.json) ctx.ui.document({ key, file });
  ctx.ui.done(`${name} is the key of this folder and those below: ${file} says so, and is safe to commit`);
  noteVariable(ctx, name);
  return EXIT.ok;
}

/** The variable wins over both, so what was just said would not be seen to happen. */
function noteVariable(ctx: Context, name: string): void {
  const variable = ctx.env['CLAUDE_KEYS_KEY'];
  if (variable && variable !== name)
    ctx.ui.note('CLAUDE_KEYS_KEY is set and comes first; to end that: unset CLAUDE_KEYS_KEY');
}
