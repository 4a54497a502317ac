import { setTimeout as sleep } from 'node:timers/promises';
import { parseSince } from '../cli/since.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { AccessLine } from '../gateway/access-line.ts';
import { readAccessLog } from '../gateway/access-log.ts';
import { untilSignal } from '../gateway/until-signal.ts';
import { refuseToken } from '../grants/token.ts';
import { accessTable } from '../terminal/access-table.ts';
import { paintFor } from '../terminal/paint.ts';
import type { InputOf } from './table.ts';

const FOLLOW_MS = 500;

/** The access log: who, what for, how it went. */
export async function run(ctx: Context, options: InputOf<'gateway'>['options']): Promise<ExitCode> {
  const { since = '24h', grant, follow } = options;
  if (grant !== undefined) refuseToken(grant);
  if (follow && ctx.ui.json) throw new UserError('usage', '--follow and --json cannot be used together');
  const from = new Date(parseSince(since, ctx.now()));
  const wanted = (line: AccessLine) => grant === undefined || line.label === grant || line.grant === grant;
  const lines = await collect(ctx, from, wanted);
  if (ctx.ui.json) ctx.ui.document({ requests: lines });
  else {
    const table = accessTable(await paintFor(ctx.ui.colorOut));
    if (lines.length === 0 && !follow) ctx.ui.note(`no requests since ${from.toISOString()}`);
    else ctx.ui.data(table.head + lines.map(table.row).join(''));
    if (follow) await goOn(ctx, lines, wanted, table.row);
  }
  return EXIT.ok;
}

async function collect(ctx: Context, from: Date, wanted: (line: AccessLine) => boolean): Promise<AccessLine[]> {
  const lines: AccessLine[] = [];
  for await (const line of readAccessLog(ctx, from)) if (wanted(line)) lines.push(line);
  return lines;
}

/** Lines are written when requests end, which is not the order in which they came. */
const LONGEST_MS = 20 * 60_000;

async function goOn(
  ctx: Context,
  shown: readonly AccessLine[],
  wanted: (line: AccessLine) => boolean,
  row: (line: AccessLine) => string,
): Promise<void> {
  let over = false;
  void untilSignal().then(() => {
    over = true;
  });
  let seen = new Set(shown.map((line) => JSON.stringify(line)));
  for (; !over && !ctx.stdout.isClosed; await sleep(FOLLOW_MS)) {
    const lines = await collect(ctx, new Date(ctx.now().getTime() - LONGEST_MS), wanted);
    ctx.ui.data(
      lines
        .filter((line) => !seen.has(JSON.stringify(line)))
        .map(row)
        .join(''),
    );
    seen = new Set(lines.map((line) => JSON.stringify(line)));
  }
}
