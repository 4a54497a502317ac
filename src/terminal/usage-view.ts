import type { UsageReport } from '../usage/report.ts';
import { changeOf, totalTokens } from '../usage/summary.ts';
import {
  budgetWords,
  changed,
  counted,
  daysIn,
  dollars,
  groupName,
  rangeText,
  short,
  sourceText,
} from '../usage/words.ts';
import { bar, columnChart } from './chart.ts';
import { aligned, type Cell, cell, totalWidth } from './columns.ts';
import type { Paint, Tone } from './paint.ts';
import { printable } from './plain.ts';
import type { Ruler } from './width.ts';

const CHART_ROWS = 6;
const LEAST_BAR = 6;
const MOST_BAR = 30;
/** A person reads so many; `--json` and `--csv` have all. */
const MOST_ROWS = 40;
const NAME_WIDTH = 28;
/** What the other columns need at most. */
const NUMBERS_WIDTH = 46;
const RIGHT = [false, true, true, true, true];

/** The report for a person, no wider than the terminal (from 60 columns on). */
export function usageView(report: UsageReport, columns: number, ruler: Ruler, paint: Paint): string {
  const parts = [headline(report, paint)];
  if (report.days.length > 1) parts.push(chart(report, columns, paint));
  parts.push(table(report, columns, ruler, paint), notes(report, paint));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Every text of the report that may be of any script. */
export function textsOf({ groups, by }: UsageReport): string[] {
  return groups.map((group) => printable(groupName(group, by)));
}

function headline(report: UsageReport, paint: Paint): string {
  const { total, month } = report;
  const days = daysIn(report);
  const change = changeOf(total);
  const against =
    change === null ? '' : `, ${changed(total)} against the ${days === 1 ? 'day' : `${days} days`} before`;
  const monthText = `${dollars(month.spent)} in ${month.period} so far, about ${dollars(month.expected)} at its end`;
  return [
    `${paint('strong', dollars(total.nanos))}  ${rangeText(report)}${against}`,
    paint(
      'faint',
      `${total.requests === 1 ? '1 request' : `${counted(total.requests)} requests`}, ${short(totalTokens(total))} tokens; ${monthText}`,
    ),
  ].join('\n');
}

function chart({ days }: UsageReport, columns: number, paint: Paint): string {
  const bars = days.map(({ name, nanos }) => ({ label: (name ?? '').slice(5), value: nanos }));
  if (bars.every(({ value }) => value === 0)) return '';
  return columnChart(bars, Math.min(columns, 100), CHART_ROWS, dollars)
    .map((line) => paint('plain', line))
    .join('\n');
}

function table(report: UsageReport, columns: number, ruler: Ruler, paint: Paint): string {
  const { groups, by, total } = report;
  if (groups.length === 0) return 'Nothing was used.';
  const shown = groups.slice(0, MOST_ROWS);
  const head = [by.toUpperCase(), 'REQUESTS', 'TOKENS', 'COST', by === 'day' ? '' : 'CHANGE'];
  const rows = shown.map((group) => [
    ruler.cut(printable(groupName(group, by)), Math.min(NAME_WIDTH, columns - NUMBERS_WIDTH)),
    counted(group.requests),
    short(totalTokens(group)),
    dollars(group.nanos),
    changed(group),
  ]);
  const widths = head.map((word, at) => Math.max(word.length, ...rows.map((row) => ruler.width(row[at] ?? ''))));
  const room = Math.min(MOST_BAR, columns - totalWidth(widths) - 3);
  const most = Math.max(...shown.map(({ nanos }) => nanos));
  const right = (text: string, at: number) =>
    RIGHT[at] ? ' '.repeat((widths[at] ?? 0) - ruler.width(text)) + text : text;
  const lines: Cell[][] = rows.map((row, at) => [
    ...row.map((text, column) => cell(right(text, column), toneOf(column, text))),
    ...(room >= LEAST_BAR ? [cell(bar(shown[at]?.nanos ?? 0, most, room), 'good')] : []),
  ]);
  const titles = head.map((text, at) => cell(right(text, at), 'faint'));
  const texts = [titles, ...lines].map((line) => aligned(line, widths, ruler, paint));
  if (groups.length > shown.length)
    texts.push(paint('faint', `and ${groups.length - shown.length} more: --json, --csv`));
  if (total.nanos > 0 && total.requests === 0) texts.push(paint('faint', 'requests are not counted yet'));
  return texts.join('\n');
}

function toneOf(column: number, text: string): Tone {
  if (column === 0) return 'strong';
  return column === 4 && /^(?:>?\+\d{3}|new)/.test(text) ? 'warn' : 'plain';
}

function notes({ budgets, spikes, unused, refreshedAt, sources }: UsageReport, paint: Paint): string {
  const lines = [
    ...budgets.map((budget) => {
      const tone = { ok: 'good', will_pass: 'warn', passed: 'bad' }[budget.state] as Tone;
      return `${paint(tone, 'budget:')} ${printable(budgetWords(budget))}`;
    }),
    ...spikes
      .slice(0, 5)
      .map(({ key, day, nanos, usual }) =>
        printable(`${key} cost ${dollars(nanos)} on ${day}, and ${dollars(usual)} on a day of its own`),
      )
      .map((text) => `${paint('warn', 'spike:')} ${text}`),
  ];
  if (unused !== null && unused.length > 0) {
    lines.push(`${paint('warn', 'unused:')} for 30 days: ${unused.join(', ')}`);
    lines.push('  next: see which row it is, and switch it off: claude-keys console list');
  }
  lines.push(paint('faint', sourceText(refreshedAt, sources)));
  return lines.join('\n');
}
