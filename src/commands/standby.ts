import { parseSeconds } from '../cli/seconds.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { Consoles } from '../keys/console.ts';
import { parseExpiry, timeAgo } from '../keys/dates.ts';
import { refuseDuplicate } from '../keys/duplicates.ts';
import type { SecretRecord, Standby } from '../keys/entry.ts';
import { readPasted } from '../keys/format.ts';
import { identify } from '../keys/identify.ts';
import { checkName } from '../keys/name.ts';
import { refuseOtherOrganization } from '../keys/organization.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { withKeyLock } from '../keys/rotation-lock.ts';
import { obtainSecretText } from '../keys/source.ts';
import { isDead, removeStandby, settleStandby, storeStandby } from '../keys/standby.ts';
import { testNewSecret } from '../keys/testing.ts';
import { refuseUnfinished } from '../keys/unfinished.ts';
import { toKey } from '../keys/view.ts';
import { confirmed } from '../terminal/ask.ts';
import { cell } from '../terminal/columns.ts';
import { progress } from '../terminal/progress.ts';
import { printTable } from '../terminal/table.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'standby'>['options'];

/** How long the service may take to notice that a key was switched off. */
const WAIT_SECONDS = 60;

export async function run(ctx: Context, { args, options }: InputOf<'standby'>): Promise<ExitCode> {
  const [action, given = '', number] = args;
  const name = checkName(given);
  if ((action === 'remove') !== (number !== undefined)) {
    throw new UserError('usage', `standby ${action} takes ${action === 'remove' ? 'NAME and NUMBER' : 'NAME'}`, {
      hint: `see the numbers: claude-keys standby list ${name}`,
    });
  }
  if (action === 'list') return list(ctx, name);
  if (action === 'remove') return withKeyLock(ctx, name, () => remove(ctx, name, Number(number), options));
  return withKeyLock(ctx, name, () => add(ctx, name, options));
}

/** Tests a fresh key, stores it, and switches it off in the Console. Everything that can be refused is, before it is asked for. */
async function add(ctx: Context, name: string, options: Options): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const entry = existing(registry, name);
  refuseUnfinished(entry);
  if (entry.kind !== 'api') {
    throw new UserError('usage', `${name} is of the kind ${entry.kind}: the Console switches API keys alone`, {
      hint: `rotate it by hand: claude-keys rotate ${name}`,
    });
  }
  const consoles = new Consoles(ctx, options['admin-key']);
  await consoles.for(entry);
  const expiry = options.expires === undefined ? {} : { expiresAt: parseExpiry(options.expires, ctx.now()) };
  const waitMs = 1_000 * (options.timeout === undefined ? WAIT_SECONDS : parseSeconds(options.timeout));

  const text = await obtainSecretText(ctx, options, `Paste a fresh key for ${name} (it will not be shown)`);
  const { secret, kind } = readPasted(text, { allowUnknown: options['allow-unknown-format'] });
  if (kind !== 'api') throw new UserError('malformed_key', `that is a key of the kind ${kind}; ${name} is an API key`);
  const identity = identify(secret);
  refuseDuplicate(registry, identity.fingerprint, name);
  const result = await testNewSecret(ctx, secret, kind);
  if (result.status === 'undecided') {
    throw new UserError('undecided', `it could not be tested, so it was not stored: ${result.message}`, {
      hint: 'run the same command again in a while',
    });
  }
  await refuseOtherOrganization(ctx, entry, result);
  const { organizationId } = result;
  const record: SecretRecord = { ...identity, addedAt: ctx.now().toISOString(), organizationId, ...expiry };
  const number = await storeStandby(ctx, name, record, secret);
  await settleStandby(ctx, name, number, consoles);
  return report(ctx, name, number, await proven(ctx, name, number, waitMs));
}

async function proven(ctx: Context, name: string, number: number, waitMs: number): Promise<boolean> {
  const line = progress(ctx, 'waiting until the service rejects it');
  try {
    return await isDead(ctx, name, number, waitMs);
  } finally {
    line.stop();
  }
}

function report(ctx: Context, name: string, number: number, dead: boolean): ExitCode {
  const registry = readRegistry(ctx);
  const entry = existing(registry, name);
  const standby = entry.standby?.find((record) => record.number === number);
  if (ctx.ui.json) ctx.ui.document({ key: toKey(entry, registry), standby: standby && toView(standby) });
  if (!dead) {
    ctx.ui.warn(
      `standby ${number} of ${name} is switched off in the Console, but the service still takes it`,
      'that ends in a while; if not: claude-keys console list',
    );
  }
  ctx.ui.done(`standby ${number} of ${name} (${standby?.redacted}) is stored, and switched off until its turn.`);
  return EXIT.ok;
}

async function list(ctx: Context, name: string): Promise<ExitCode> {
  const { standby = [] } = existing(readRegistry(ctx), name);
  if (ctx.ui.json) ctx.ui.document({ standby: standby.map(toView) });
  else if (standby.length === 0) ctx.ui.data(`${name} has no secret on standby: claude-keys standby add ${name}\n`);
  else {
    const now = ctx.now();
    const rows = standby.map(({ number, redacted, state, addedAt, expiresAt }) => [
      cell(String(number), 'strong'),
      cell(redacted),
      cell(state === 'ready' ? 'ready' : 'still active', state === 'ready' ? 'good' : 'warn'),
      cell(timeAgo(addedAt, now)),
      cell(expiresAt ? timeAgo(expiresAt, now) : 'never'),
    ]);
    await printTable(ctx, ['NUMBER', 'KEY', 'STATE', 'ADDED', 'EXPIRES'], rows);
  }
  return EXIT.ok;
}

async function remove(ctx: Context, name: string, number: number, options: Options): Promise<ExitCode> {
  const entry = existing(readRegistry(ctx), name);
  const standby = entry.standby?.find((record) => record.number === number);
  if (standby !== undefined)
    await confirmed(ctx, options.yes, `Drop ${standby.redacted}, standby ${number} of ${name}?`);
  const registry = await removeStandby(ctx, name, number);
  if (ctx.ui.json)
    ctx.ui.document({ key: toKey(existing(registry, name), registry), standby: standby && toView(standby) });
  ctx.ui.done(`${standby?.redacted} is gone from the store; its row in the Console is as it was`);
  return EXIT.ok;
}

function toView({ number, redacted, fingerprint, state, addedAt, expiresAt, consoleId }: Standby) {
  const slot: `standby-${number}` = `standby-${number}`;
  return {
    number,
    slot,
    redacted,
    fingerprint,
    state,
    addedAt,
    expiresAt: expiresAt ?? null,
    consoleId: consoleId ?? null,
  };
}
