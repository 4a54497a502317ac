import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from '../anthropic/admin/admin.ts';
import { type CheckResult, checkSecret } from '../anthropic/check.ts';
import { type Context, realHost } from '../context.ts';
import { UserError } from '../errors.ts';
import { Console } from '../keys/console.ts';
import { asKey, readAddress } from '../keys/from-address.ts';
import { identify } from '../keys/identify.ts';
import { lookUntil } from '../keys/patience.ts';
import { Secret } from '../keys/secret.ts';
import { locate } from '../paths.ts';
import type { Address } from '../stores/address.ts';
import { awsSecret } from '../stores/aws-sm/client.ts';
import { createUi } from '../terminal/ui.ts';
import { ScheduledRotation } from './rotation.ts';

/** What Secrets Manager calls a rotation function with, once for each step. */
export interface RotationEvent {
  readonly Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  /** The ARN of the secret. */
  readonly SecretId: string;
  /** The id of the version that is to become the current one. */
  readonly ClientRequestToken: string;
}

/** A key that was switched on a moment ago is rejected until every part of the service has noticed. */
const NOTICED_WITHIN_MS = 60_000;

/**
 * The rotation function for AWS Secrets Manager: `exports.handler = require('claude-keys/lambda').handler`. The new key
 * is the next standby of the secret (`claude-keys standby add`). `CLAUDE_KEYS_FIELD` names the JSON key that holds it;
 * `CLAUDE_KEYS_ADMIN_FROM` is the address of an Admin key, with which standbys are switched on, and the key before the
 * last one off. What it throws makes AWS try again, and says so in the function's log.
 */
export async function handler(event: RotationEvent): Promise<void> {
  const ctx = contextOf(event.Step);
  const address = addressOf(ctx, event.SecretId);
  const rotation = new ScheduledRotation(await awsSecret(ctx, address), address, event.ClientRequestToken);
  switch (event.Step) {
    case 'createSecret':
      return rotation.create();
    case 'setSecret':
      return switchOn(await consoleOf(ctx), await rotation.pending());
    case 'testSecret':
      return test(ctx, asKey(address.uri, await rotation.pending()));
    case 'finishSecret': {
      const over = await rotation.finish();
      if (over !== null) await switchOff(await consoleOf(ctx), over);
      return;
    }
    default:
      throw new UserError('usage', 'that is no step of a rotation');
  }
}

/** A function can write to the temporary folder alone. */
function contextOf(step: string): Context {
  const real = realHost();
  const folder = join(tmpdir(), 'claude-keys');
  const paths = locate(real.env['CLAUDE_KEYS_HOME'] ?? folder, () => ({ data: folder, config: folder, cache: folder }));
  const host = { ...real, paths };
  const ui = createUi(host, { json: false, quiet: true, noColor: true, verbose: false });
  return { ...host, ui, command: `lambda ${step}` };
}

function addressOf({ env }: Context, path: string): Address {
  const scope = env['AWS_REGION'] ?? '';
  return { kind: 'aws-sm', uri: `aws-sm://${scope}/${path}`, scope, path, field: env['CLAUDE_KEYS_FIELD'] || null };
}

/** Null without an Admin key: then standbys must be active already. */
async function consoleOf(ctx: Context): Promise<Console | null> {
  const from = ctx.env['CLAUDE_KEYS_ADMIN_FROM'];
  const given = ctx.env['ANTHROPIC_ADMIN_KEY'];
  const secret = from ? (await readAddress(ctx, from)).secret : given ? new Secret(given.trim()) : null;
  return secret === null ? null : new Console(ctx, await Admin.open(ctx, secret));
}

async function switchOn(console: Console | null, secret: Secret): Promise<void> {
  const id = await rowOf(console, secret, 'inactive');
  if (id !== null) await console?.set(id, 'active');
}

async function switchOff(console: Console | null, secret: Secret): Promise<void> {
  const id = await rowOf(console, secret, 'active');
  if (id !== null) await console?.set(id, 'inactive');
}

async function rowOf(console: Console | null, secret: Secret, status: string): Promise<string | null> {
  const found = await console?.find({ ...identify(secret), addedAt: '', organizationId: null });
  return found?.kind === 'one' && found.row.status === status ? found.row.id : null;
}

async function test(ctx: Context, { secret, kind }: ReturnType<typeof asKey>): Promise<void> {
  const result = await lookUntil(NOTICED_WITHIN_MS, () => checkSecret(ctx, secret, kind), isUsable);
  if (isUsable(result)) return;
  throw new UserError('key_rejected', `the pending key ${identify(secret).redacted} cannot be used: ${result.message}`);
}

/** Limits and credit are the account's, so that the old key met them too. */
function isUsable({ status }: CheckResult): boolean {
  return status === 'valid' || status === 'limited' || status === 'no_credit';
}
