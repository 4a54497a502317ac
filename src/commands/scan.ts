import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { allowsOf } from '../scan/allowed.ts';
import type { Confidence } from '../scan/detect/classify.ts';
import { Findings } from '../scan/findings.ts';
import { withInterrupt } from '../scan/interrupt.ts';
import type { Result } from '../scan/report/result.ts';
import { Session } from '../scan/session.ts';
import type { InputOf } from './table.ts';

type Input = InputOf<'scan'>;
type Options = Input['options'];

/** Each decides what is looked at; only one of them at a time. */
const SCOPES = ['staged', 'history', 'since', 'push', 'home', 'stdin'] as const;
const FORMS = ['sarif', 'junit', 'github'] as const;
const MOST_HOOK_INPUT = 1_048_576;

export async function run(ctx: Context, input: Input): Promise<ExitCode> {
  checkTogether(ctx, input);
  const { options, args } = input;
  const folder = resolve(ctx.cwd, args[0] ?? '.');
  const allows = allowsOf(ctx, folder, options.baseline);
  const least = (options['min-confidence'] ?? 'low') as Confidence;
  const begin = () => new Session(ctx, new Findings(allows, least));
  if (options.watch) return (await import('./scan/watch.ts')).watch(ctx, begin, input);
  const session = begin();
  await withInterrupt(
    () => session.interrupt(),
    () => lookWithProgress(ctx, session, input).catch(unlessInterrupted(session)),
  );
  tellIfFull(session);
  const result = await resultOf(ctx, session, options);
  await (await import('./scan/show.ts')).show(ctx, result, options);
  if (options.interactive) await (await import('./scan/interactive.ts')).walkThrough(ctx, result);
  return exitCodeOf(session, result);
}

/** Ctrl-C in a terminal ends git too, and what fails by that is no news. */
function unlessInterrupted(session: Session): (error: unknown) => void {
  return (error) => {
    if (!session.interrupted || !(error instanceof UserError)) throw error;
  };
}

async function lookWithProgress(ctx: Context, session: Session, input: Input): Promise<void> {
  if (!ctx.stderr.isTTY) return look(ctx, session, input);
  const { withProgress } = await import('../scan/progress.ts');
  return withProgress(ctx, session, () => look(ctx, session, input));
}

async function look(ctx: Context, session: Session, { args, options }: Input): Promise<void> {
  if (options.clipboard) await (await import('../scan/clipboard.ts')).scanClipboard(ctx, session);
  if (options.staged) return (await import('../scan/git/staged.ts')).scanStaged(ctx, session);
  if (options.since !== undefined) return (await import('../scan/git/since.ts')).scanSince(ctx, session, options.since);
  if (options.push) {
    const lines = (await ctx.stdin.read(MOST_HOOK_INPUT)).toString('latin1');
    return (await import('../scan/git/since.ts')).scanPush(ctx, session, lines);
  }
  if (options.stdin) return (await import('../scan/stdin.ts')).scanStdin(ctx, session);
  if (options.home) return (await import('../scan/home.ts')).scanHome(ctx, session);
  if (options.clipboard && args.length === 0 && !options.history) return;
  return (await import('../scan/look.ts')).scanTree(ctx, session, args, options);
}

/** Nothing of what follows is loaded when nothing was found: a hook has to be fast. */
async function resultOf(ctx: Context, session: Session, options: Options): Promise<Result> {
  const { scanned, skipped, interrupted } = session;
  const rest = { scanned, skipped, interrupted, allowed: session.findings.allowed };
  if (session.findings.size === 0) return { rows: [], ...rest };
  const { rowsOf } = await import('../scan/rows.ts');
  return { rows: await rowsOf(ctx, session.findings.list(), options.verify), ...rest };
}

function tellIfFull(session: Session): void {
  if (session.findings.isFull) {
    session.skip({ what: '<the rest>', why: 'more was found than can be told; the search ended there', failed: true });
  }
}

/** Found counts for more than not wholly looked: what is there is there. */
function exitCodeOf(session: Session, { rows, interrupted }: Result): ExitCode {
  if (interrupted) return EXIT.interrupted;
  if (rows.length > 0) return EXIT.no;
  return session.failed ? EXIT.undecided : EXIT.ok;
}

function checkTogether(ctx: Context, { args, options }: Input): void {
  const isGiven = (name: keyof Options) => options[name] !== undefined && options[name] !== false;
  const scopes = SCOPES.filter(isGiven);
  const forms = [...(ctx.ui.json ? ['json'] : []), ...FORMS.filter(isGiven)];
  for (const given of [scopes, forms]) {
    if (given.length < 2) continue;
    throw new UserError('usage', `--${given.join(' and --')} cannot be used together`, { hint: 'give one of them' });
  }
  const [scope] = scopes;
  if (args.length > 0 && scope !== undefined && scope !== 'history') {
    throw new UserError('usage', `--${scope} takes no paths`, { hint: `claude-keys scan --${scope}` });
  }
  const unwatched = scope ?? (['clipboard', 'interactive'] as const).find(isGiven);
  if (options.watch && unwatched !== undefined) {
    throw new UserError('usage', `--watch looks at files, and takes no --${unwatched}`, {
      hint: 'claude-keys scan --watch',
    });
  }
  if (options.interactive && (!ctx.stdin.isTTY || forms.length > 0)) {
    throw new UserError('missing_input', '--interactive asks questions, which takes a terminal', {
      hint: 'without it, scan prints what to do for each finding',
    });
  }
}
