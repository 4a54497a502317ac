import { auditFiles } from '../../audit/files.ts';
import type { AuditLine } from '../../audit/line.ts';
import { auditLines } from '../../audit/read.ts';
import { parseSince } from '../../cli/since.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { checkName } from '../../keys/name.ts';
import { aligned, type Cell, cell, totalWidth } from '../../terminal/columns.ts';
import { paintFor } from '../../terminal/paint.ts';
import { printable } from '../../terminal/plain.ts';
import { rulerFor } from '../../terminal/width.ts';
import type { AuditInput } from '../audit.ts';

/** A person looks at the newest; a program gets all. */
const NEWEST = 50;

export async function show(ctx: Context, { options }: AuditInput): Promise<ExitCode> {
  const key = options.key === undefined ? undefined : checkName(options.key);
  const since = options.since === undefined ? '' : parseSince(options.since, ctx.now());
  const most = options.last === undefined ? (ctx.ui.json ? Number.POSITIVE_INFINITY : NEWEST) : count(options.last);
  let left = 0;
  const events: AuditLine[] = [];
  for (const line of auditLines(auditFiles(ctx.paths))) {
    if ((key !== undefined && line.key !== key) || line.time < since) continue;
    events.push(line);
    if (events.length > most) {
      events.shift();
      left += 1;
    }
  }
  if (ctx.ui.json) ctx.ui.document({ events });
  else if (events.length === 0) ctx.ui.note('the audit log has no such line');
  else ctx.ui.data(await table(ctx, events));
  if (left > 0) ctx.ui.note(`${left} older; to see them: --last ${left + events.length}`);
  return EXIT.ok;
}

function count(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new UserError('usage', '--last takes a number of lines', { hint: 'for example: --last 100' });
}

const HEADS = ['TIME', 'WHAT', 'KEY', 'BY', 'FOLDER'];

/** The folder gets what room is left on a terminal. */
async function table(ctx: Context, events: readonly AuditLine[]): Promise<string> {
  const paint = await paintFor(ctx.ui.colorOut);
  const rows = events.map((event): [string, string, string, string, string] => [
    event.time.slice(0, 19).replace('T', ' '),
    printable(event.detail === null ? event.command : `${event.command}: ${event.detail}`),
    printable(event.key ?? '-'),
    callers(event),
    printable(event.folder),
  ]);
  const ruler = await rulerFor(rows.flat());
  const widths = HEADS.map((head, at) => Math.max(head.length, ...rows.map((row) => ruler.width(row[at] ?? ''))));
  const before = totalWidth(widths.slice(0, -1));
  const room = ctx.stdout.isTTY ? Math.max(0, ctx.stdout.columns - before - 2) : Number.POSITIVE_INFINITY;
  const lines: Cell[][] = [
    HEADS.map((head) => cell(head, 'faint')),
    ...rows.map(([time, what, key, by, folder]) => [
      cell(time, 'faint'),
      cell(what, 'strong'),
      cell(key),
      cell(by),
      cell(ruler.width(folder) > room ? ruler.cut(folder, room) : folder, 'faint'),
    ]),
  ];
  return lines.map((line) => `${aligned(line, widths, ruler, paint)}\n`).join('');
}

/** The caller and who called it, up to the shell or the session: `node < bash`. */
function callers({ process, parents, terminal }: AuditLine): string {
  const names = [process, ...parents.slice(0, 1)].map(({ name, pid }) => printable(name ?? String(pid)));
  return `${names.join(' < ')}${terminal ? '' : ' (no terminal)'}`;
}
