import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { Consoles } from '../keys/console.ts';
import { refuseDuplicate } from '../keys/duplicates.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { asKey } from '../keys/from-address.ts';
import { identify } from '../keys/identify.ts';
import { targetOf } from '../keys/linking.ts';
import { checkName } from '../keys/name.ts';
import { refreshFromHome } from '../keys/refreshing.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { refusePreviousActive } from '../keys/rotation.ts';
import { withKeyLock } from '../keys/rotation-lock.ts';
import type { Secret } from '../keys/secret.ts';
import { stage } from '../keys/staging.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { isAddress } from '../stores/at.ts';
import { openTarget } from '../targets/index.ts';
import { finishRotation } from './rotate/finish.ts';
import { RotationReport } from './rotate/report.ts';
import type { InputOf } from './table.ts';

/**
 * Takes over what somebody else changed: at the key's home in a manager it is noted, since it is the key already; from
 * a target it comes the way of a rotation, tested and with the secret before kept.
 */
export async function run(ctx: Context, { args, options }: InputOf<'pull'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  return withKeyLock(ctx, name, async () => {
    const entry = existing(readRegistry(ctx), name);
    refuseUnfinished(entry);
    return args[1] === undefined && isAddress(entry.store)
      ? fromHome(ctx, name)
      : fromTarget(ctx, entry, args[1], options);
  });
}

async function fromHome(ctx: Context, name: string): Promise<ExitCode> {
  const { registry, changed } = await refreshFromHome(ctx, name);
  const entry = existing(registry, name);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(entry, registry), changed });
  if (changed) ctx.ui.done(`${name} is ${entry.current.redacted} now; test it: claude-keys verify ${name}`);
  else ctx.ui.done(`${name} is as it is known here: ${entry.current.redacted}.`);
  return EXIT.ok;
}

async function fromTarget(
  ctx: Context,
  entry: KeyEntry,
  given: string | undefined,
  options: InputOf<'pull'>['options'],
): Promise<ExitCode> {
  const { name } = entry;
  const uri = given === undefined ? onlyTarget(entry) : targetOf(entry, given).uri;
  const secret = await readTarget(ctx, entry, uri);
  const identity = identify(secret);
  if (identity.fingerprint === entry.current.fingerprint) {
    const registry = readRegistry(ctx);
    if (ctx.ui.json) ctx.ui.document({ key: toKey(existing(registry, name), registry), changed: false });
    ctx.ui.done(`${uri} has the secret that ${name} has here.`);
    return EXIT.ok;
  }
  refusePreviousActive(entry);
  refuseDuplicate(readRegistry(ctx), identity.fingerprint, name);
  const report = new RotationReport(ctx);
  const record = { ...identity, addedAt: ctx.now().toISOString(), organizationId: null };
  await stage(ctx, name, { record, secret, why: 'asked', retire: null });
  report.step('stage', 'done', `${identity.redacted}, from ${uri}, is stored beside ${entry.current.redacted}`);
  const how = {
    report,
    consoles: new Consoles(ctx, undefined),
    unverified: options['no-verify'],
    allowOtherOrg: options['allow-other-org'],
    waitMs: 0,
    unattended: false,
  };
  return finishRotation(ctx, name, how, report);
}

async function readTarget(ctx: Context, { kind }: KeyEntry, uri: string): Promise<Secret> {
  const target = await openTarget(ctx, uri);
  if (target.read === undefined) {
    throw new UserError('usage', `${uri} can be written and not read`, { hint: 'pull from another target' });
  }
  const secret = await target.read();
  if (secret === null) throw new UserError('secret_missing', `there is no key at ${uri}`);
  const pasted = asKey(uri, secret);
  if (pasted.kind === kind) return pasted.secret;
  throw new UserError(
    'malformed_key',
    `${uri} holds a key of the kind ${pasted.kind}, and this one is of the kind ${kind}`,
  );
}

function onlyTarget({ name, targets = [] }: KeyEntry): string {
  const [only] = targets;
  if (only !== undefined && targets.length === 1) return only.uri;
  throw new UserError('usage', targets.length === 0 ? `${name} is linked to nothing` : 'pull from which target?', {
    hint:
      targets.length === 0
        ? `claude-keys link ${name} ADDRESS`
        : `there are: ${targets.map(({ uri }) => uri).join(', ')}`,
  });
}
