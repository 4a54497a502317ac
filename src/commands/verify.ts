import type { CheckOptions } from '../anthropic/check.ts';
import { resolveEndpoint } from '../anthropic/endpoint.ts';
import { SETTINGS } from '../config.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { InputOf } from './table.ts';
import { checkAll, type Finding } from './verify/check-all.ts';
import { recordChecks } from './verify/record.ts';
import { report } from './verify/report.ts';
import { chooseSubjects } from './verify/subjects.ts';

type Options = InputOf<'verify'>['options'];

/** Longer than anyone waits; a timer of Node holds 24 days at most. */
const MAX_TIMEOUT_S = 3600;

export async function run(ctx: Context, { args, options }: InputOf<'verify'>): Promise<ExitCode> {
  const how = checkOptions(options);
  const { subjects, several } = await chooseSubjects(ctx, args, options);
  // Before any secret is read: a host that may not have them is no reason to unlock a store.
  resolveEndpoint(ctx);
  const findings = await checkAll(ctx, subjects, how, { throwUnreadable: !several });
  await recordChecks(ctx, findings);
  await report(ctx, findings);
  return exitCodeOf(findings, options.strict);
}

/** CONTRACT.md, `verify`: a limited or credit-less key is a working credential; with `strict` only `valid` is good. */
function exitCodeOf(findings: readonly Finding[], strict: boolean): ExitCode {
  const statuses = new Set(findings.map(({ result }) => result.status));
  if (strict && [...statuses].some((status) => status !== 'valid')) return EXIT.no;
  if (statuses.has('rejected') || statuses.has('disabled')) return EXIT.no;
  return statuses.has('undecided') ? EXIT.undecided : EXIT.ok;
}

function checkOptions({ model, free, timeout }: Options): CheckOptions {
  if (model !== undefined && free) {
    throw new UserError('usage', '--model has no use with --free, which asks no model', {
      hint: 'leave one of them out',
    });
  }
  if (model !== undefined && !SETTINGS.verifyModel.is(model, [])) {
    throw new UserError('usage', '--model takes the id of a model', { hint: 'for example: --model claude-haiku-5-5' });
  }
  return { model, free, ...(timeout === undefined ? {} : { timeoutMs: milliseconds(timeout) }) };
}

function milliseconds(text: string): number {
  const seconds = /^\d*\.?\d+$/.test(text.trim()) ? Number(text) : 0;
  if (seconds > 0 && seconds <= MAX_TIMEOUT_S) return Math.max(1, Math.round(seconds * 1000));
  throw new UserError('usage', `--timeout takes a number of seconds, up to ${MAX_TIMEOUT_S}`, {
    hint: 'for example: --timeout 5',
  });
}
