import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import { removeKey } from '../keys/removing.ts';
import { existing } from '../keys/resolve.ts';
import { storeAt } from '../stores/at.ts';
import { confirmed } from '../terminal/ask.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args, options }: InputOf<'remove'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  const registry = readRegistry(ctx);
  const entry = registry.keys.get(name) ?? existing(registry, name);
  const { redacted } = entry.current;
  await confirmed(ctx, options.yes, `Delete ${name} (${redacted}) from ${storeAt(ctx, entry.store).label}?`);
  await removeKey(ctx, name, options.yes);
  if (ctx.ui.json) ctx.ui.document({ removed: { name, redacted, fingerprint: entry.current.fingerprint } });
  ctx.ui.done(`${name} is gone from ${storeAt(ctx, entry.store).label}.`);
  ctx.ui.done(`It still works until it is disabled: platform.claude.com/settings/keys`);
  return EXIT.ok;
}
