import type { Context } from '../../../context.ts';
import { type ExitCode, UserError } from '../../../errors.ts';
import { Consoles } from '../../../keys/console.ts';
import { type Due, duesOf } from '../../../keys/due.ts';
import { checkName } from '../../../keys/name.ts';
import { listKeys, readRegistry } from '../../../keys/registry.ts';
import { existing } from '../../../keys/resolve.ts';
import { withDueLock } from '../../../keys/rotation-lock.ts';
import { inParallel } from '../../../parallel.ts';
import { confirmed } from '../../../terminal/ask.ts';
import { progress } from '../../../terminal/progress.ts';
import { refreshReminder } from '../../remind.ts';
import type { RotateOptions } from '../index.ts';
import { doDue } from './one-key.ts';
import { planned, type Result, showResults } from './results.ts';

/** What is due for one key. */
export interface DueKey {
  readonly name: string;
  readonly dues: readonly Due[];
}

const AT_ONCE = 8;
const MOST_AT_ONCE = 32;

/**
 * `rotate --due`: everything that can be done without a person, for every key or for one. Safe to run from a timer: one
 * process at a time does it, and what was interrupted is ended by the next run.
 */
export async function rotateDue(ctx: Context, given: string | undefined, options: RotateOptions): Promise<ExitCode> {
  refuseMixture(options);
  const atOnce = options.jobs === undefined ? AT_ONCE : parseJobs(options.jobs);
  const name = given === undefined ? undefined : checkName(given);
  if (options['dry-run'])
    return showResults(
      ctx,
      whatIsDue(ctx, name).map((key) => planned(ctx, key)),
      true,
    );
  return withDueLock(ctx, async () => {
    const keys = whatIsDue(ctx, name);
    if (keys.length > 0) await confirmed(ctx, options.yes, `Do what is due for ${count(keys.length)}?`);
    const consoles = new Consoles(ctx, options['admin-key']);
    const results = await doAll(ctx, keys, consoles, atOnce, options);
    refreshReminder(ctx);
    return showResults(ctx, results, false);
  });
}

async function doAll(
  ctx: Context,
  keys: readonly DueKey[],
  consoles: Consoles,
  atOnce: number,
  options: RotateOptions,
): Promise<Result[]> {
  const line = progress(ctx, `at work on ${count(keys.length)}`);
  let ended = 0;
  try {
    return await inParallel(keys, atOnce, async (key) => {
      const result = await doDue(ctx, key.name, consoles, options);
      ended += 1;
      line.update(`${ended} of ${count(keys.length)} done`);
      return result;
    });
  } finally {
    line.stop();
  }
}

function whatIsDue(ctx: Context, name: string | undefined): DueKey[] {
  const registry = readRegistry(ctx);
  const entries = name === undefined ? listKeys(registry) : [existing(registry, name)];
  const now = ctx.now();
  return entries.map((entry) => ({ name: entry.name, dues: duesOf(entry, now) })).filter(({ dues }) => dues.length > 0);
}

const NOT_WITH_DUE = ['from-env', 'from-file', 'no-verify', 'allow-unknown-format', 'expires'] as const;

function refuseMixture(options: RotateOptions): void {
  const given = NOT_WITH_DUE.find((option) => options[option] !== undefined && options[option] !== false);
  if (given === undefined) return;
  throw new UserError('usage', `--${given} has no use with --due, which takes secrets from standby`, {
    hint: 'leave it out, or rotate that key alone: claude-keys rotate NAME',
  });
}

function parseJobs(text: string): number {
  const jobs = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1 && jobs <= MOST_AT_ONCE) return jobs;
  throw new UserError('usage', `--jobs takes a number from 1 to ${MOST_AT_ONCE}`, { hint: 'for example: --jobs 4' });
}

function count(keys: number): string {
  return keys === 1 ? '1 key' : `${keys} keys`;
}
