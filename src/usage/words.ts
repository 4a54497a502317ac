import { type Nanos, toDollars } from '../anthropic/prices.ts';
import type { BudgetState } from './forecast.ts';
import { dayOf } from './record.ts';
import type { UsageReport } from './report.ts';
import { changeOf, type Group } from './summary.ts';

/** `$12.34`; what is under a cent, but something, is `<$0.01`. */
export function dollars(nanos: Nanos): string {
  const usd = toDollars(nanos);
  if (usd > 0 && usd < 0.01) return '<$0.01';
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

export function counted(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `950`, `12.3k`, `4.5M`, `1.2B`. */
export function short(count: number): string {
  const units = [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const;
  const [size, unit] = units.find(([least]) => count >= least) ?? [1, ''];
  return unit === '' ? counted(count) : `${(count / size).toFixed(count / size >= 100 ? 0 : 1)}${unit}`;
}

/** `+24 %`, `-3 %`, `new`; empty where there is nothing to compare. */
export function changed(group: Pick<Group, 'nanos' | 'before'>): string {
  if (group.before === null) return '';
  const change = changeOf(group);
  if (change === null) return group.nanos > 0 ? 'new' : '';
  const percent = Math.round(change * 100);
  return percent > 999 ? '>+999 %' : `${percent > 0 ? '+' : ''}${percent} %`;
}

/** The days of a range as a person says them: its last day is part of it. */
export function rangeText({ range }: Pick<UsageReport, 'range'>): string {
  const last = dayOf(range.to.getTime() - 1);
  const first = dayOf(range.from);
  return first === last ? `${first} (UTC)` : `${first} to ${last} (UTC)`;
}

export function daysIn({ range }: Pick<UsageReport, 'range'>): number {
  return Math.round((range.to.getTime() - range.from.getTime()) / 86_400_000);
}

export function groupName({ name }: Group, by: UsageReport['by']): string {
  return name ?? `(no ${by})`;
}

export function budgetName(name: string): string {
  return name === 'all' ? 'all keys together' : name;
}

/** What a person is told of a budget. */
export function budgetWords({ name, budget, period, spent, expected, state }: BudgetState): string {
  const of = `of ${dollars(budget.nanos)} a ${budget.per}`;
  const who = budgetName(name);
  if (state === 'passed') return `${who} has passed its budget: ${dollars(spent)} ${of} (${period})`;
  if (state === 'will_pass') {
    return `${who} will pass its budget: ${dollars(spent)} ${of} so far, about ${dollars(expected)} at the end of ${period}`;
  }
  return `${who}: ${dollars(spent)} ${of}, about ${dollars(expected)} at the end of ${period}`;
}

/** Where the numbers come from, and up to when. */
export function sourceText(refreshedAt: string | null, sources: UsageReport['sources']): string {
  if (!sources.includes('admin')) return "the gateway's count, by list prices; the service's reports need an admin key";
  const until =
    refreshedAt === null ? 'the reports lag by 4 to 24 hours' : `the service had counted up to ${refreshedAt}`;
  return sources.includes('gateway') ? `${until}; what came later is the gateway's count, by list prices` : until;
}
