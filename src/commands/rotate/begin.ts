import type { Context } from '../../context.ts';
import { type ExitCode, UserError } from '../../errors.ts';
import { parseExpiry } from '../../keys/dates.ts';
import { refuseDuplicate } from '../../keys/duplicates.ts';
import type { KeyEntry } from '../../keys/entry.ts';
import { type PastedSecret, readPasted } from '../../keys/format.ts';
import { identify } from '../../keys/identify.ts';
import { readRegistry } from '../../keys/registry.ts';
import { existing } from '../../keys/resolve.ts';
import { refusePreviousActive } from '../../keys/rotation.ts';
import { obtainSecretText } from '../../keys/source.ts';
import { stage, stageStandby } from '../../keys/staging.ts';
import { usableStandbys } from '../../keys/standby.ts';
import { refuseUnfinished } from '../../keys/unfinished.ts';
import { openConsole } from '../../terminal/browser.ts';
import { finishRotation } from './finish.ts';
import { howFrom, retirePlan } from './how.ts';
import type { RotateOptions } from './index.ts';
import { RotationReport } from './report.ts';

/** A rotation from its beginning. Everything that can be refused is, before the new secret is asked for. */
export async function beginRotation(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const entry = existing(registry, name);
  refuseUnfinished(entry);
  refusePreviousActive(entry);
  const retire = retirePlan(options, 'later');
  const now = ctx.now();
  const expiry = options.expires === undefined ? {} : { expiresAt: parseExpiry(options.expires, now) };

  const { secret } = await obtainSuccessor(ctx, entry, options);
  const identity = identify(secret);
  refuseDuplicate(registry, identity.fingerprint, name);

  const report = new RotationReport(ctx);
  const record = { ...identity, addedAt: ctx.now().toISOString(), organizationId: null, ...expiry };
  await stage(ctx, name, { record, secret, why: 'asked', retire });
  report.step('stage', 'done', `${identity.redacted} is stored beside ${entry.current.redacted}`);
  return finishRotation(ctx, name, howFrom(ctx, options, report), report);
}

/** `--from-standby`: the next standby takes over, without anyone present. */
export async function rotateFromStandby(ctx: Context, name: string, options: RotateOptions): Promise<ExitCode> {
  const entry = existing(readRegistry(ctx), name);
  refuseUnfinished(entry);
  refusePreviousActive(entry);
  const retire = retirePlan(options, 'now');
  const report = new RotationReport(ctx);
  const how = howFrom(ctx, options, report, { unattended: true });
  const [{ number, redacted }] = usableStandbys(entry, ctx.now());
  await how.consoles.for(entry);
  await stageStandby(ctx, name, number, { why: 'asked', retire });
  report.step('stage', 'done', `standby ${number}, ${redacted}, is stored beside ${entry.current.redacted}`);
  return finishRotation(ctx, name, how, report);
}

/** @throws {UserError} `malformed_key` also when the secret is of another kind than the key. */
async function obtainSuccessor(ctx: Context, entry: KeyEntry, options: RotateOptions): Promise<PastedSecret> {
  await offerConsole(ctx, options);
  const text = await obtainSecretText(ctx, options, `Paste the new key for ${entry.name} (it will not be shown)`);
  const pasted = readPasted(text, { allowUnknown: options['allow-unknown-format'] });
  if (pasted.kind === entry.kind) return pasted;
  throw new UserError(
    'malformed_key',
    `that is a key of the kind ${pasted.kind}; ${entry.name} is of the kind ${entry.kind}`,
    {
      hint: `give a key of the same kind, or store it under a name of its own: claude-keys add NAME`,
    },
  );
}

async function offerConsole(ctx: Context, options: RotateOptions): Promise<void> {
  if (!ctx.stdin.isTTY || options['from-env'] !== undefined || options['from-file'] !== undefined || options.yes)
    return;
  const prompter = await ctx.prompter();
  if (await prompter.confirm('Open the Console in the browser to make the new key?')) openConsole(ctx);
}
