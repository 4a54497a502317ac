import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, UserError } from '../errors.ts';
import { inParallel } from '../parallel.ts';
import { openTarget } from '../targets/index.ts';
import { type FoundTarget, lookAtTargets, standing } from './drift.ts';
import type { KeyEntry, Target } from './entry.ts';
import { identify } from './identify.ts';
import { noteTarget } from './linking.ts';
import { readSecret } from './read-secret.ts';
import type { Secret } from './secret.ts';

/** How the new secret of a key came to the places that it is published to. */
export interface Publication {
  readonly status: 'done' | 'skipped';
  /** For a person. */
  readonly message: string;
}

/** How the push to one target went. */
export interface Pushed {
  readonly uri: string;
  readonly error: UserError | null;
}

const AT_ONCE = 8;

/**
 * Brings the current secret of a key to every place that it is published to. Called in a rotation's step `publish`,
 * behind the promotion and before the old secret is retired: it may be called again after a crash, and must then end
 * what was begun. What it throws leaves the rotation in this step, to be resumed.
 */
export async function publish(ctx: Context, entry: KeyEntry): Promise<Publication> {
  const { name, targets = [] } = entry;
  if (targets.length === 0) return { status: 'skipped', message: 'no targets are linked' };
  const pushed = await pushTo(ctx, entry, targets, { overwrite: false });
  const hint = `the old secret is not retired; go on later: claude-keys rotate ${name} --resume, or rotate --due`;
  refuseFailed(pushed, `${name} gives the new secret`, hint);
  return { status: 'done', message: count(targets.length) };
}

/**
 * Brings the current secret of a key to these targets, side by side; one that fails does not keep it from the others.
 * @param how.overwrite also where there is a secret that is not this key's
 */
export async function pushTo(
  ctx: Context,
  entry: KeyEntry,
  targets: readonly Target[],
  how: { readonly overwrite: boolean },
): Promise<Pushed[]> {
  const secret = await readSecret(ctx, entry);
  return inParallel(targets, AT_ONCE, async (target) => {
    try {
      await push(ctx, entry, target, secret, how.overwrite);
      return { uri: target.uri, error: null };
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
      return { uri: target.uri, error };
    }
  });
}

async function push(ctx: Context, entry: KeyEntry, target: Target, secret: Secret, overwrite: boolean): Promise<void> {
  const place = await openTarget(ctx, target.uri);
  const before = await place.look();
  const status = standing(entry, target, before);
  if (status === 'differs' && !overwrite) throw notOurs(entry.name, target.uri, before?.redacted ?? null);
  await audit(ctx, { key: entry.name, fingerprint: identify(secret).fingerprint, detail: `to ${target.uri}` });
  // Written again all the same where it cannot be read, or a crash may have left something to end.
  await place.publish(secret, overwrite);
  const after = await place.look();
  const seen = after?.since ?? undefined;
  await noteTarget(ctx, entry.name, target.uri, {
    ...identify(secret),
    publishedAt: ctx.now().toISOString(),
    ...(seen !== undefined && { seen }),
  });
}

/** @throws {UserError} when a push failed: of one that could not be asked, exit code 5, else 4. */
export function refuseFailed(pushed: readonly Pushed[], before: string, hint: string): void {
  const failed = pushed.flatMap(({ uri, error }) => (error === null ? [] : [{ uri, error }]));
  const [first] = failed;
  if (first === undefined) return;
  const worst = failed.find(({ error }) => error.exitCode !== EXIT.undecided) ?? first;
  const words = failed.map(({ uri, error }) =>
    error.message.includes(uri) ? error.message : `${uri}: ${error.message}`,
  );
  const which = `${failed.length} of ${pushed.length} targets ${failed.length === 1 ? 'has' : 'have'} not got it`;
  throw new UserError(worst.error.code, `${before}, but ${which}: ${words.join('; ')}`, {
    hint: worst.error.hint === undefined ? hint : `${worst.error.hint}; ${hint}`,
    cause: worst.error,
  });
}

/**
 * Makes sure that every target has the current secret: only then may the one before it end.
 * @throws {UserError} `targets_differ`, or `undecided` when one could not be asked.
 */
export async function refuseBehind(ctx: Context, entry: KeyEntry): Promise<void> {
  const found = await lookAtTargets(ctx, entry);
  const late = found.filter(({ status }) => status !== 'in_step');
  if (late.length === 0) return;
  const words = late.map(({ uri, message }) => (message.includes(uri) ? message : `${uri} ${message}`)).join('; ');
  const code = late.every(isUndecided) ? 'undecided' : 'targets_differ';
  throw new UserError(code, `the old secret of ${entry.name} is not retired: ${words}`, {
    hint: `bring them the current one: claude-keys push ${entry.name}; look: claude-keys status --targets`,
  });
}

/** Ends what targets keep of the secret before. Not worth failing for: it is dead. */
export async function tidyTargets(ctx: Context, { targets = [] }: KeyEntry): Promise<void> {
  await inParallel(targets, AT_ONCE, async ({ uri }) => {
    try {
      await (await openTarget(ctx, uri)).tidy?.();
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
      ctx.ui.detail(`${uri} still keeps the version before`);
    }
  });
}

function isUndecided({ status, error }: FoundTarget): boolean {
  return status === 'undecided' && error?.exitCode === EXIT.undecided;
}

function notOurs(name: string, uri: string, redacted: string | null): UserError {
  const what = redacted === null ? 'was changed by somebody else' : `holds ${redacted}, which is no secret of ${name}`;
  return new UserError('conflict', `${uri} ${what}`, {
    hint: `to take it over: claude-keys pull ${name} ${uri}; to write over it: claude-keys push ${name} ${uri} --yes`,
  });
}

function count(targets: number): string {
  return targets === 1 ? 'its target has the new secret' : `its ${targets} targets have the new secret`;
}
