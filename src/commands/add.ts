import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { addKey, refuseTaken } from '../keys/adding.ts';
import { lookAtPlace } from '../keys/adopting.ts';
import { parseDays, parseExpiry } from '../keys/dates.ts';
import { refuseDuplicate } from '../keys/duplicates.ts';
import type { KeyEntry, SecretRecord } from '../keys/entry.ts';
import { type PastedSecret, readPasted } from '../keys/format.ts';
import { identify } from '../keys/identify.ts';
import { checkLabel, checkNote } from '../keys/label.ts';
import { checkName } from '../keys/name.ts';
import { changeRegistry, listKeys, type Registry, readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { endRotation, promote, refusePreviousActive } from '../keys/rotation.ts';
import { withKeyLock } from '../keys/rotation-lock.ts';
import type { Secret } from '../keys/secret.ts';
import { obtainSecretText } from '../keys/source.ts';
import { stage } from '../keys/staging.ts';
import { noteOf, testNewSecret, warnOf } from '../keys/testing.ts';
import { forgetPrevious } from '../keys/undoing.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { storeAt } from '../stores/at.ts';
import { chooseStore, type StoreChoice } from '../stores/choose.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'add'>['options'];

/** What the options say of the key, besides its secret; undefined where they say nothing. */
type Details = Partial<Pick<KeyEntry, 'environment' | 'note' | 'expiresAt' | 'rotateAfterDays'>>;

/** Everything that can be refused is, before the secret is asked for. */
export async function run(ctx: Context, { args, options }: InputOf<'add'>): Promise<ExitCode> {
  const details = readDetails(ctx, options);
  const name = await nameFor(ctx, args[0]);
  const registry = readRegistry(ctx);
  const replaced = options.replace ? registry.keys.get(name) : undefined;
  if (replaced === undefined) refuseTaken(registry, name);
  else refuseBusy(existing(registry, name));
  const choice = await storeFor(ctx, options, replaced);
  sayOnceWhere(ctx, registry, choice);

  const place = { name, place: choice.place };
  const adopted = replaced === undefined ? await lookAtPlace(ctx, registry, place, options) : null;
  const { secret, kind } = adopted ?? (await obtainSecret(ctx, name, options));
  const identity = identify(secret);
  refuseDuplicate(registry, identity.fingerprint, name);
  const result = options['no-verify'] ? null : await testNewSecret(ctx, secret, kind);

  const addedAt = ctx.now().toISOString();
  const { organizationId = null, workspaceId } = result ?? {};
  const current: SecretRecord = { ...identity, addedAt, organizationId, workspace: workspaceId ?? undefined };
  const lastCheck = noteOf(ctx, result);
  const stored =
    replaced === undefined
      ? await addKey(
          ctx,
          {
            name,
            kind,
            store: choice.place,
            ...defaults(ctx),
            ...details,
            addedAt,
            lastCheck,
            current,
            pending: null,
            previous: null,
          },
          secret,
          options.default,
        )
      : // So that `rotate --due` does not take it for a rotation that was interrupted.
        await withKeyLock(ctx, name, () =>
          replaceSecret(ctx, replaced, { kind, details, lastCheck, makeDefault: options.default }, current, secret),
        );
  warnOf(ctx, name, result);
  return report(ctx, stored, name);
}

async function obtainSecret(ctx: Context, name: string, options: Options): Promise<PastedSecret> {
  const text = await obtainSecretText(ctx, options, `Paste the key for ${name} (it will not be shown)`);
  return readPasted(text, { allowUnknown: options['allow-unknown-format'] });
}

function readDetails(ctx: Context, options: Options): Details {
  return {
    ...(options.env !== undefined && { environment: checkLabel(options.env) }),
    ...(options.note !== undefined && { note: checkNote(options.note) }),
    ...(options.expires !== undefined && { expiresAt: parseExpiry(options.expires, ctx.now()) }),
    ...(options['rotate-after'] !== undefined && { rotateAfterDays: parseDays(options['rotate-after']) }),
  };
}

function defaults(ctx: Context): Required<Details> {
  return { environment: null, note: null, expiresAt: null, rotateAfterDays: readConfig(ctx).rotateAfterDays ?? null };
}

async function nameFor(ctx: Context, given: string | undefined): Promise<string> {
  if (given !== undefined) return checkName(given);
  if (ctx.stdin.isTTY) return checkName((await (await ctx.prompter()).text('A name for the key', 'production')).trim());
  throw new UserError('missing_input', 'the key needs a name', {
    hint: 'claude-keys add NAME, for example: claude-keys add production',
  });
}

function refuseBusy(entry: KeyEntry): void {
  refuseUnfinished(entry);
  refusePreviousActive(entry);
}

/** A key that is replaced stays where it is. */
async function storeFor(ctx: Context, options: Options, replaced: KeyEntry | undefined): Promise<StoreChoice> {
  if (replaced === undefined) return chooseStore(ctx, options.store);
  if (options.store === undefined || options.store === replaced.store)
    return { place: replaced.store, insteadOfKeychain: null };
  throw new UserError(
    'usage',
    `${replaced.name} is kept in ${storeAt(ctx, replaced.store).label}; --replace does not move it`,
    {
      hint: `leave --store out, or first: claude-keys remove ${replaced.name}`,
    },
  );
}

interface Replacement {
  readonly kind: KeyEntry['kind'];
  readonly details: Details;
  readonly lastCheck: KeyEntry['lastCheck'];
  readonly makeDefault: boolean;
}

/** Goes the way of a rotation, so that a crash leaves the old secret or the new one; the old one is not kept. */
async function replaceSecret(
  ctx: Context,
  { name }: KeyEntry,
  fresh: Replacement,
  record: SecretRecord,
  secret: Secret,
): Promise<Registry> {
  await stage(ctx, name, { record, secret, why: 'replace', retire: { how: 'forget', afterMs: 0 } });
  await promote(ctx, name, { lastCheck: fresh.lastCheck, organizationId: record.organizationId, workspaceId: null });
  await endRotation(ctx, name, {});
  await forgetPrevious(ctx, name, null);
  return changeRegistry(ctx, ({ registry, save }) => {
    Object.assign(existing(registry, name), { kind: fresh.kind, ...fresh.details });
    if (fresh.makeDefault) registry.default = name;
    save();
    return registry;
  });
}

function report(ctx: Context, registry: Registry, name: string): ExitCode {
  const entry = existing(registry, name);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(entry, registry) });
  const works = entry.lastCheck?.status === 'valid' ? ' and works' : '';
  ctx.ui.done(`${name} (${entry.current.redacted}) is in ${storeAt(ctx, entry.store).label}${works}.`);
  ctx.ui.done(`Use it: claude-keys exec ${name} -- COMMAND`);
  return EXIT.ok;
}

/** Before the first secret goes into the file because there is no keychain, the person learns of it, and of the way out. */
function sayOnceWhere(ctx: Context, registry: Registry, { insteadOfKeychain }: StoreChoice): void {
  if (insteadOfKeychain === null || listKeys(registry).some(({ store }) => store === 'file')) return;
  ctx.ui.note(`no keychain here: ${insteadOfKeychain}`);
  ctx.ui.note(`keys go into an encrypted file instead: ${ctx.paths.secretsFile}`);
  ctx.ui.note('hint: how to change that, and what it protects: claude-keys doctor');
}
