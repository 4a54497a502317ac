import { NANOS_PER_DOLLAR, type Nanos, toNanos } from '../anthropic/prices.ts';
import { UserError } from '../errors.ts';

export const PERIODS = ['day', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/** Money that may be spent in each period; periods begin at midnight UTC. */
export interface Budget {
  readonly nanos: Nanos;
  readonly per: Period;
}

const BUDGET = /^\$?(\d{1,7}(?:\.\d{1,6})?)\s*(?:usd)?\s*\/\s*(day|month)$/i;

/**
 * A budget as people write it: `5/day`, `50/month`, `0.50/day`, `$5/day`; US dollars.
 * @throws {UserError} `usage` for anything else.
 */
export function parseBudget(text: string): Budget {
  const [, amount = '', per = ''] = BUDGET.exec(text.trim()) ?? [];
  const nanos = toNanos(Number(amount));
  if (amount !== '' && nanos > 0) return { nanos, per: per.toLowerCase() as Period };
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 40))} is not a budget`, {
    hint: 'write it in US dollars by day or month, like 5/day, 0.50/day or 50/month',
  });
}

/** As {@link parseBudget} takes it: `5/day`. */
export function budgetText({ nanos, per }: Budget): string {
  return `${nanos / NANOS_PER_DOLLAR}/${per}`;
}

/** The period that a moment is in: its name (`2026-11-24`, `2026-11`), and when the next one begins. */
export function periodAt(per: Period, now: Date): { name: string; ends: Date } {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const iso = now.toISOString();
  return per === 'day'
    ? { name: iso.slice(0, 10), ends: new Date(Date.UTC(year, month, day + 1)) }
    : { name: iso.slice(0, 7), ends: new Date(Date.UTC(year, month + 1, 1)) };
}
