import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { timeAgo } from '../keys/dates.ts';
import { type HistoryEvent, historyOf } from '../keys/history.ts';
import { checkName } from '../keys/name.ts';
import { readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { cell } from '../terminal/columns.ts';
import { printTable } from '../terminal/table.ts';
import type { InputOf } from './table.ts';

/** Shows what happened to a key: rotations, retirements, renamings. Also of a key that was removed since. */
export async function run(ctx: Context, { args }: InputOf<'history'>): Promise<ExitCode> {
  const name = checkName(args[0] ?? '');
  const history = historyOf(ctx, name);
  if (history.length === 0) existing(readRegistry(ctx), name);
  if (ctx.ui.json) ctx.ui.document({ history });
  else if (history.length === 0) ctx.ui.done(`${name} was never rotated`);
  else await show(ctx, history);
  return EXIT.ok;
}

async function show(ctx: Context, history: readonly HistoryEvent[]): Promise<void> {
  const now = ctx.now();
  const rows = history.map((event) => [
    cell(event.at.slice(0, 16).replace('T', ' ')),
    cell(timeAgo(event.at, now), 'faint'),
    cell(event.event.replace('_', ' '), 'strong'),
    cell(whatOf(event)),
    cell(whyOf(event)),
    cell(tookOf(event), 'faint'),
  ]);
  await printTable(ctx, ['WHEN (UTC)', '', 'WHAT', 'FROM -> TO', 'WHY', 'TOOK'], rows);
}

function whatOf(event: HistoryEvent): string {
  if (event.event === 'renamed') return `${event.key} -> ${event.to}`;
  const from = event.from?.redacted ?? '?';
  return event.event === 'retired' ? from : `${from} -> ${event.to?.redacted ?? '?'}`;
}

const REASONS = { asked: 'asked for', due: 'due', rollback: 'rollback', replace: 'add --replace' } as const;
const PROOFS = { proven: 'proven dead', archived: 'proven dead, archived', forgotten: 'not looked at' } as const;

function whyOf(event: HistoryEvent): string {
  if (event.event === 'renamed') return '';
  if (event.event === 'retired') return PROOFS[event.how];
  return `${REASONS[event.why]}${event.standby ? ', from standby' : ''}`;
}

function tookOf(event: HistoryEvent): string {
  if (!('took' in event)) return '';
  return Object.entries(event.took)
    .filter(([, ms]) => ms > 0)
    .map(([step, ms]) => `${step} ${(ms / 1000).toFixed(1)} s`)
    .join(', ');
}
