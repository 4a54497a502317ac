import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { lookAtTargets } from '../keys/drift.ts';
import type { KeyEntry, Target } from '../keys/entry.ts';
import { targetOf } from '../keys/linking.ts';
import { checkName } from '../keys/name.ts';
import { pushTo, refuseFailed } from '../keys/publishing.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import { confirmed } from '../terminal/ask.ts';
import type { InputOf } from './table.ts';

/** Brings the current secret to the targets. What somebody else put there is asked about before it is lost. */
export async function run(ctx: Context, { args, options }: InputOf<'push'>): Promise<ExitCode> {
  const [given = '', ...uris] = args;
  const name = checkName(given);
  const entry = existing(readRegistry(ctx), name);
  const targets = chosen(entry, uris);
  const others = (await lookAtTargets(ctx, { ...entry, targets })).filter(({ status }) => status === 'differs');
  for (const { uri, message } of others) await confirmed(ctx, options.yes, `Write over it? ${uri} ${message}.`);
  const pushed = await pushTo(ctx, entry, targets, { overwrite: true });
  for (const { uri, error } of pushed) if (error === null) ctx.ui.done(`${uri} has ${entry.current.redacted}.`);
  refuseFailed(pushed, `${name} was pushed`, `try again: claude-keys push ${name}`);
  const registry = readRegistry(ctx);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry) });
  return EXIT.ok;
}

function chosen(entry: KeyEntry, uris: readonly string[]): Target[] {
  if (uris.length > 0) return [...new Set(uris)].map((uri) => targetOf(entry, uri));
  const { name, targets = [] } = entry;
  if (targets.length > 0) return targets;
  throw new UserError('nothing_to_do', `${name} is linked to nothing`, {
    hint: `link it first: claude-keys link ${name} aws-sm://REGION/SECRET-NAME`,
  });
}
