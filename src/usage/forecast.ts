import type { Nanos } from '../anthropic/prices.ts';
import { type Budget, type Period, periodAt } from '../keys/budget.ts';
import { DAY_MS, dayStart, type UsageRecord } from './record.ts';
import { costOf, within } from './summary.ts';

/** What a day of the last week cost is what the days to come are taken for. */
const PACE_DAYS = 7;

export interface Forecast {
  /** `2026-11`, or a day. */
  readonly period: string;
  readonly spent: Nanos;
  /** At the end of the period. */
  readonly expected: Nanos;
}

/**
 * What a period will have cost at its end: what it cost so far, and for the rest of it the pace of the last seven whole
 * days (of all the days that there are, where they are fewer).
 * @param records must reach back to the beginning of the period and for the days of the pace
 * @param countedUntil from when on the pace stands for what was not counted yet
 */
export function forecast(records: readonly UsageRecord[], per: Period, now: Date, countedUntil: Date): Forecast {
  const { name, ends } = periodAt(per, now);
  const begins = new Date(`${name}${per === 'day' ? '' : '-01'}T00:00:00Z`);
  const today = dayStart(now);
  const spent = costOf(within(records, { from: begins, to: ends }));
  const pace = { from: new Date(today.getTime() - PACE_DAYS * DAY_MS), to: today };
  const first = records.map(({ day }) => Date.parse(day)).reduce((a, b) => Math.min(a, b), today.getTime());
  const days = Math.min(PACE_DAYS, Math.max(1, Math.round((today.getTime() - first) / DAY_MS)));
  const perDay = costOf(within(records, pace)) / days;
  const left = (ends.getTime() - Math.max(begins.getTime(), countedUntil.getTime())) / DAY_MS;
  return { period: name, spent, expected: spent + Math.round(perDay * left) };
}

export interface BudgetState extends Forecast {
  readonly name: string;
  readonly budget: Budget;
  readonly state: 'ok' | 'will_pass' | 'passed';
}

/** How a budget stands. `records` are those that it is for. */
export function stateOf(
  name: string,
  budget: Budget,
  records: readonly UsageRecord[],
  now: Date,
  countedUntil: Date,
): BudgetState {
  const found = forecast(records, budget.per, now, countedUntil);
  const state = found.spent > budget.nanos ? 'passed' : found.expected > budget.nanos ? 'will_pass' : 'ok';
  return { ...found, name, budget, state };
}
