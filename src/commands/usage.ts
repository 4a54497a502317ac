import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseSince } from '../cli/since.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { writeFailed } from '../files/replace.ts';
import { untilSignal } from '../gateway/until-signal.ts';
import { paintFor } from '../terminal/paint.ts';
import { progress } from '../terminal/progress.ts';
import { textsOf, usageView } from '../terminal/usage-view.ts';
import { rulerFor } from '../terminal/width.ts';
import { toCsv, toDocument } from '../usage/document.ts';
import { DAY_MS, dayOf, type Grouping } from '../usage/record.ts';
import { makeReport, type UsageReport } from '../usage/report.ts';
import { budgetWords } from '../usage/words.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'usage'>['options'];

const DEFAULT_SINCE = '7d';
const WATCH_MS = 30_000;
/** The screen alone: what a person has scrolled past before is theirs. */
const CLEAR = '\u001b[H\u001b[2J';

/** Shows what the keys used and cost. With `--check`, exit 1 when a budget is or will be passed. */
export async function run(ctx: Context, { options }: InputOf<'usage'>): Promise<ExitCode> {
  refuseClashes(ctx, options);
  if (options.watch) return watch(ctx, options);
  const report = await ask(ctx, options);
  if (options.html !== undefined) await writePage(ctx, options.html, report);
  if (ctx.ui.json) ctx.ui.document(toDocument(report));
  else if (options.csv) ctx.ui.data(toCsv(report));
  else if (options.html === undefined && !(options.check && ctx.ui.quiet)) ctx.ui.data(await view(ctx, report));
  return options.check ? check(ctx, report) : EXIT.ok;
}

async function ask(ctx: Context, options: Options): Promise<UsageReport> {
  const since = firstDay(options.since ?? DEFAULT_SINCE, ctx.now());
  const line = progress(ctx, 'asking the service what was used');
  try {
    return await makeReport(ctx, { since, by: (options.by ?? 'key') as Grouping, adminKey: options['admin-key'] });
  } finally {
    line.stop();
  }
}

/** `7d` is seven days, of which today is one. */
function firstDay(text: string, now: Date): string {
  const at = parseSince(text, now);
  return /[dw]$/.test(text.trim()) ? dayOf(Date.parse(at) + DAY_MS) : at;
}

async function view(ctx: Context, report: UsageReport): Promise<string> {
  const paint = await paintFor(ctx.ui.colorOut);
  return usageView(report, ctx.stdout.columns || 80, await rulerFor(textsOf(report)), paint);
}

function check(ctx: Context, { budgets }: UsageReport): ExitCode {
  const bad = budgets.filter(({ state }) => state !== 'ok');
  for (const budget of bad) ctx.ui.warn(budgetWords(budget));
  if (budgets.length === 0) ctx.ui.note('there are no budgets to check; set one: claude-keys budget set NAME 50/month');
  return bad.length === 0 ? EXIT.ok : EXIT.no;
}

/** Until it is ended, which is no failure. A question that fails once is asked again. */
async function watch(ctx: Context, options: Options): Promise<ExitCode> {
  const over = new AbortController();
  const ended = untilSignal().then(() => over.abort());
  for (;;) {
    const text = await Promise.race([look(ctx, options), ended]);
    if (text === undefined) return EXIT.ok;
    ctx.ui.data(`${CLEAR}${text}\n${ctx.now().toISOString()}; again in ${WATCH_MS / 1000} s, Ctrl-C ends it\n`);
    if (ctx.stdout.isClosed) return EXIT.ok;
    await sleep(WATCH_MS, null, over).catch(() => {});
  }
}

async function look(ctx: Context, options: Options): Promise<string> {
  try {
    return await view(ctx, await ask(ctx, options));
  } catch (error) {
    if (error instanceof UserError && error.code === 'undecided') return `${error.message}\n`;
    throw error;
  }
}

/** Readable by its owner alone: it names keys and what is done with them. */
async function writePage(ctx: Context, path: string, report: UsageReport): Promise<void> {
  const { usagePage } = await import('../usage/page.ts');
  const file = resolve(ctx.cwd, path);
  try {
    writeFileSync(file, usagePage(report, ctx.now()), { mode: 0o600 });
  } catch (error) {
    throw writeFailed(file, error);
  }
  ctx.ui.done(`the page is ${file}`);
}

function refuseClashes(ctx: Context, { csv, watch: watches, check: checks, html }: Options): void {
  const forms = [ctx.ui.json && '--json', csv && '--csv', watches && '--watch'].filter((form) => form !== false);
  if (forms.length > 1) throw clash(forms[0] ?? '', forms[1] ?? '');
  if (watches && checks) throw clash('--watch', '--check');
  if (watches && html !== undefined) throw clash('--watch', '--html');
  if (watches && !ctx.stdout.isTTY) {
    throw new UserError('usage', '--watch is for a terminal', { hint: 'without it: claude-keys usage' });
  }
}

function clash(one: string, other: string): UserError {
  return new UserError('usage', `${one} and ${other} exclude each other`, { hint: 'see: claude-keys usage --help' });
}
