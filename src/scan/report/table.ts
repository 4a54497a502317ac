import type { Context } from '../../context.ts';
import { type Paint, paintFor, type Tone } from '../../terminal/paint.ts';
import type { Occurrence } from '../findings.ts';
import { nameOf, type Result, type Row } from './result.ts';

/** More places of one credential would push the others off the screen; `--json` has all of them. */
const MOST_PLACES = 10;
const MOST_SKIPPED = 10;
const TONES: Readonly<Record<Row['confidence'], Tone>> = { high: 'bad', medium: 'warn', low: 'faint' };

/** Shows what was found, for a person: each credential with its places and what to do. */
export async function showTable(ctx: Context, result: Result): Promise<void> {
  const paint = await paintFor(ctx.ui.colorOut);
  for (const row of result.rows) ctx.ui.data(`${block(row, paint)}\n`);
  tellSkipped(ctx, result);
  ctx.ui.done(summary(result));
}

function block(row: Row, paint: Paint): string {
  const facts = [
    paint('strong', row.redacted),
    nameOf(row),
    paint(TONES[row.confidence], row.confidence),
    row.key === null ? '' : paint('warn', `stored as ${row.key}`),
    row.live === null ? '' : paint(row.live === 'rejected' ? 'good' : 'bad', liveWords(row.live)),
  ].filter((fact) => fact !== '');
  const shown = row.occurrences.slice(0, MOST_PLACES);
  const more = row.occurrences.length - shown.length;
  const lines = [
    facts.join('  '),
    ...shown.map((occurrence) => `  ${place(occurrence, paint)}`),
    ...(more > 0 ? [paint('faint', `  and ${more} more places: --json`)] : []),
    ...row.next.map((step) => `  ${paint('faint', '→')} ${step}`),
  ];
  return `${lines.join('\n')}\n`;
}

function liveWords(live: NonNullable<Row['live']>): string {
  if (live === 'rejected') return 'dead: the service rejects it';
  return live === 'valid' ? 'works' : live;
}

function place(
  { file, line, column, commit, author, date, ref, where, ignored, encoding }: Occurrence,
  paint: Paint,
): string {
  const details = [
    where === 'worktree' ? '' : where,
    ignored ? 'ignored by git' : '',
    encoding === null ? '' : `written in ${encoding}`,
    commit === null ? '' : `commit ${commit.slice(0, 12)}`,
    ref ?? '',
    author ?? '',
    date?.slice(0, 10) ?? '',
  ].filter((detail) => detail !== '');
  const spot = `${file}:${line}:${column}`;
  return details.length === 0 ? spot : `${spot}  ${paint('faint', details.join(', '))}`;
}

/** What could not be looked at, each; what was passed over on purpose, in one line for each reason. */
function tellSkipped(ctx: Context, { skipped, interrupted }: Result): void {
  const failed = skipped.filter((skip) => skip.failed);
  for (const { what, why } of failed.slice(0, MOST_SKIPPED)) ctx.ui.warn(`not looked at: ${what}: ${why}`);
  if (failed.length > MOST_SKIPPED) ctx.ui.warn(`${failed.length - MOST_SKIPPED} more were not looked at: --json`);
  const reasons = new Map<string, string[]>();
  for (const { what, why } of skipped.filter((skip) => !skip.failed))
    reasons.set(why, [...(reasons.get(why) ?? []), what]);
  for (const [why, whats] of reasons) {
    const names = whats.slice(0, 3).join(', ');
    ctx.ui.note(`passed over: ${names}${whats.length > 3 ? ` and ${whats.length - 3} more` : ''} (${why})`);
  }
  if (interrupted) ctx.ui.warn('interrupted: this is what was found so far');
}

function summary({ rows, scanned, allowed }: Result): string {
  const looked = [
    scanned.files > 0 || scanned.objects === 0 ? counted(scanned.files, 'file') : '',
    scanned.objects > 0 ? counted(scanned.objects, 'git object') : '',
    scanned.commits > 0 ? counted(scanned.commits, 'commit') : '',
    size(scanned.bytes),
  ].filter((part) => part !== '');
  const found = rows.length === 0 ? 'No Claude credential found' : `${counted(rows.length, 'credential')} found`;
  return `${found} in ${looked.join(', ')}${allowed > 0 ? `; ${counted(allowed, 'place')} allowed` : ''}.`;
}

/** By hand: the system's own way to write numbers takes 10 ms to load. */
export function counted(count: number, what: string): string {
  return `${String(count).replace(/\B(?=(\d{3})+$)/g, ',')} ${what}${count === 1 ? '' : 's'}`;
}

export function size(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1_000)} kB`;
  return bytes < 1_000_000_000 ? `${Math.round(bytes / 1_000_000)} MB` : `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}
