import type { AccessLine } from '../gateway/access-line.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './plain.ts';

/** Lines of the access log for a person, each by itself: they may come one at a time. */
export function accessTable(paint: Paint): { readonly head: string; row(line: AccessLine): string } {
  const head = columns(['TIME', 'GRANT', 'ENDPOINT', 'MODEL', 'STATUS', 'TOKENS', 'COST', 'MS']);
  return { head: `${paint('faint', head)}\n`, row: (line) => `${rowOf(line, paint)}\n` };
}

const WIDTHS = [19, 16, 12, 22, 6, 8, 10, 7];
const RIGHT = [false, false, false, false, false, true, true, true];

function columns(cells: readonly string[]): string {
  const padded = cells.map((text, at) => {
    const width = WIDTHS[at] ?? 0;
    return RIGHT[at] ? text.padStart(width) : text.padEnd(width);
  });
  return padded.join(' ').trimEnd();
}

function rowOf(line: AccessLine, paint: Paint): string {
  const { tokens, usd, estimated, status, refusal } = line;
  const sum = tokens && Object.values(tokens).reduce((total, count) => total + count, 0);
  const text = columns([
    line.time.slice(0, 19).replace('T', ' '),
    line.label ?? '-',
    line.endpoint ?? '-',
    line.model ?? '-',
    status === null ? '-' : `${status}${refusal === null ? '' : '*'}`,
    sum === null ? '-' : String(sum),
    usd === null ? '-' : `${estimated ? '~' : ''}$${usd < 0.01 ? usd.toFixed(6) : usd.toFixed(4)}`,
    String(Math.round(line.latencyMs)),
  ]);
  return paint(toneOf(status), printable(text));
}

function toneOf(status: number | null): Tone {
  if (status === null || status >= 500) return 'bad';
  return status >= 400 ? 'warn' : 'plain';
}
