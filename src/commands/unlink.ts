import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { unlink } from '../keys/linking.ts';
import { checkName } from '../keys/name.ts';
import { existing } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args }: InputOf<'unlink'>): Promise<ExitCode> {
  const [name, uri = ''] = [checkName(args[0] ?? ''), args[1]];
  const registry = await unlink(ctx, name, uri);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry) });
  ctx.ui.done(`${name} is no longer linked to ${uri}; what is there stays, until the key is disabled.`);
  return EXIT.ok;
}
