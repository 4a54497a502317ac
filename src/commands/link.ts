import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { lookAtTargets } from '../keys/drift.ts';
import { link } from '../keys/linking.ts';
import { checkName } from '../keys/name.ts';
import { pushTo, refuseFailed } from '../keys/publishing.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { checkTarget } from '../targets/address.ts';
import type { InputOf } from './table.ts';

/** A target that is empty gets the key at once; one that holds another secret is left alone, and told of. */
export async function run(ctx: Context, { args, options }: InputOf<'link'>): Promise<ExitCode> {
  const [name, uri] = [checkName(args[0] ?? ''), checkTarget(args[1] ?? '')];
  const before = existing(readRegistry(ctx), name);
  refuseUnfinished(before);
  const probe = { ...before, targets: [{ uri, linkedAt: '' }] };
  const [found] = options['no-push'] ? [] : await lookAtTargets(ctx, probe);
  // One that cannot be asked is most often written wrong: better now than in the next rotation.
  if (found?.error) throw found.error;
  const entry = existing(await link(ctx, name, uri), name);
  ctx.ui.done(`${name} is linked to ${uri}.`);
  if (found?.status === 'missing' || found?.status === 'in_step') {
    const targets = entry.targets?.filter((target) => target.uri === uri) ?? [];
    refuseFailed(
      await pushTo(ctx, entry, targets, { overwrite: false }),
      `${name} is linked`,
      `claude-keys push ${name}`,
    );
    ctx.ui.done(found.status === 'missing' ? 'It has the key now.' : 'It has the key already.');
  } else if (found !== undefined) {
    const hint = `write over it: claude-keys push ${name} ${uri}; or take it over: claude-keys pull ${name} ${uri}`;
    ctx.ui.warn(`${uri} ${found.message}`, hint);
  }
  const registry = readRegistry(ctx);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry) });
  return EXIT.ok;
}
