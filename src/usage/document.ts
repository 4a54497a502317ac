import { toDollars } from '../anthropic/prices.ts';
import type { UsageReport } from './report.ts';
import { changeOf, type Group, totalTokens } from './summary.ts';

/** The report as `--json` shows it. Money is in US dollars, times are ISO 8601 in UTC; `to` is not part of the range. */
export function toDocument(report: UsageReport) {
  const { range, by, groups, total, month, budgets, spikes, unused, refreshedAt, sources } = report;
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    by,
    rows: groups.map((group) => ({ name: group.name, ...numbers(group), share: share(group, total) })),
    total: numbers(total),
    forecast: { period: month.period, usd: toDollars(month.spent), expectedUsd: toDollars(month.expected) },
    budgets: budgets.map(({ name, budget, period, spent, expected, state }) => ({
      name,
      limitUsd: toDollars(budget.nanos),
      per: budget.per,
      period,
      usd: toDollars(spent),
      expectedUsd: toDollars(expected),
      state,
    })),
    spikes: spikes.map(({ key, day, nanos, usual }) => ({
      key,
      day,
      usd: toDollars(nanos),
      usualUsd: toDollars(usual),
    })),
    unused,
    refreshedAt,
    sources,
  };
}

function numbers(group: Group) {
  const { requests, input, output, cacheRead, cacheWrite, nanos, before } = group;
  return {
    requests,
    inputTokens: input,
    outputTokens: output,
    cacheReadTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
    totalTokens: totalTokens(group),
    usd: toDollars(nanos),
    previousUsd: before === null ? null : toDollars(before),
    change: changeOf(group),
  };
}

function share({ nanos }: Group, total: Group): number {
  return total.nanos > 0 ? nanos / total.nanos : 0;
}

const COLUMNS = ['requests', 'inputTokens', 'outputTokens', 'cacheReadTokens', 'cacheWriteTokens', 'usd'] as const;

/** RFC 4180, one line a row. */
export function toCsv({ by, groups }: UsageReport): string {
  const lines = groups.map((group) => {
    const row = numbers(group);
    return [field(group.name ?? ''), ...COLUMNS.map((column) => String(row[column]))];
  });
  return [[by, ...COLUMNS], ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}

/** A name that a spreadsheet would take for a formula gets an apostrophe, as spreadsheets write such a text themselves. */
function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
