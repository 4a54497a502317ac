import type { Context } from '../../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../../errors.ts';
import type { Due } from '../../../keys/due.ts';
import type { KeyEntry, SecretRecord } from '../../../keys/entry.ts';
import { readRegistry } from '../../../keys/registry.ts';
import { existing } from '../../../keys/resolve.ts';
import { refusePreviousActive } from '../../../keys/rotation.ts';
import { usableStandbys } from '../../../keys/standby.ts';
import { type Cell, cell } from '../../../terminal/columns.ts';
import type { Tone } from '../../../terminal/paint.ts';
import { printable } from '../../../terminal/plain.ts';
import { printTable } from '../../../terminal/table.ts';
import type { Step } from '../report.ts';
import type { DueKey } from './index.ts';

/** What came of one key. */
export interface Result {
  readonly name: string;
  /** `undecided` and `busy`: the next run may do it; `blocked`: a person must do something first. */
  readonly status: 'planned' | 'done' | 'blocked' | 'failed' | 'undecided' | 'busy';
  readonly message: string;
  readonly did: readonly Due['what'][];
  /** Why it was due. */
  readonly why: string;
  readonly from: SecretRecord | null;
  readonly to: SecretRecord | null;
  readonly steps: readonly Step[];
  readonly warnings: readonly string[];
  readonly tookMs: number;
}

/** What a run would do for a key, by what is known here: nothing is asked and nothing is touched. */
export function planned(ctx: Context, { name, dues }: DueKey): Result {
  const entry = existing(readRegistry(ctx), name);
  const plan = {
    name,
    did: dues.map(({ what }) => what),
    why: dues[0]?.why ?? '',
    from: entry.current,
    to: null,
    steps: [],
    warnings: [],
    tookMs: 0,
  };
  try {
    return { ...plan, status: 'planned', message: dues.map((due) => inWords(entry, due, ctx.now())).join(', then ') };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { ...plan, status: 'blocked', message: `${error.message}; ${error.hint}` };
  }
}

function inWords(entry: KeyEntry, { what, standby }: Due, now: Date): string {
  switch (what) {
    case 'resume':
      return 'end the rotation that was interrupted';
    case 'retire':
      return `end ${entry.previous?.redacted}`;
    case 'settle':
      return `switch standby ${standby} off`;
    case 'rotate': {
      if (entry.retirement === null || entry.retirement === undefined) refusePreviousActive(entry);
      const [{ number, redacted }] = usableStandbys(entry, now);
      return `take standby ${number}, ${redacted}`;
    }
  }
}

/** Shows what came of a run, and gives the exit code that a scheduler acts on. */
export async function showResults(ctx: Context, results: readonly Result[], dryRun: boolean): Promise<ExitCode> {
  const summary = summaryOf(results);
  if (ctx.ui.json) ctx.ui.document({ dryRun, results: results.map(toDocument), summary });
  else if (results.length === 0) ctx.ui.done('nothing is due');
  else await show(ctx, results, summary, dryRun);
  return exitCodeOf(summary);
}

type Summary = ReturnType<typeof summaryOf>;

function summaryOf(results: readonly Result[]) {
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  return {
    due: results.length,
    planned: count('planned'),
    done: count('done'),
    blocked: count('blocked'),
    failed: count('failed'),
    undecided: count('undecided'),
    busy: count('busy'),
  };
}

/** 1: a person is needed; 5: nothing is wrong, and the next run may do what is left. */
function exitCodeOf({ blocked, failed, undecided, busy }: Summary): ExitCode {
  if (blocked + failed > 0) return EXIT.no;
  return undecided + busy > 0 ? EXIT.undecided : EXIT.ok;
}

function toDocument({ from, to, ...result }: Result) {
  const named = (record: SecretRecord | null) =>
    record && { redacted: record.redacted, fingerprint: record.fingerprint };
  return { ...result, from: named(from), to: named(to) };
}

const TONES: Readonly<Record<Result['status'], Tone>> = {
  planned: 'plain',
  done: 'good',
  blocked: 'bad',
  failed: 'bad',
  undecided: 'warn',
  busy: 'warn',
};

async function show(ctx: Context, results: readonly Result[], summary: Summary, dryRun: boolean): Promise<void> {
  const rows = results.map((result): Cell[] => [
    cell(result.name, 'strong'),
    cell(result.did.join(', ')),
    cell(result.why),
    cell(result.status, TONES[result.status]),
    cell(dryRun ? '' : `${(result.tookMs / 1000).toFixed(1)} s`, 'faint'),
    cell(printable(result.status === 'done' ? arrow(result) : result.message)),
  ]);
  await printTable(ctx, ['KEY', 'WHAT', 'WHY', 'RESULT', dryRun ? '' : 'TOOK', ''], rows);
  for (const warning of results.flatMap(({ warnings }) => warnings)) ctx.ui.warn(warning);
  const parts = Object.entries(summary).filter(([name, number]) => name !== 'due' && number > 0);
  ctx.ui.done(`${summary.due} due: ${parts.map(([name, number]) => `${number} ${name}`).join(', ')}`);
}

function arrow({ from, to, message }: Result): string {
  return from?.fingerprint === to?.fingerprint ? message : `${from?.redacted} -> ${to?.redacted}`;
}
