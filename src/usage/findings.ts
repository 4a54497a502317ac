import { NANOS_PER_DOLLAR, type Nanos } from '../anthropic/prices.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { DAY_MS, dayOf, dayStart, daysBetween, type UsageRecord } from './record.ts';
import { type Range, within } from './summary.ts';

/** A day on which a key cost far more than it does. */
export interface Spike {
  readonly key: string;
  readonly day: string;
  readonly nanos: Nanos;
  /** What a day of its own costs: the median of the days before. */
  readonly usual: Nanos;
}

/** Days that make a key's own history, and the fewest with any cost that say something. */
const HISTORY_DAYS = 28;
const LEAST_DAYS = 5;
/** So many median deviations above the median; and what is small is no news. */
const DEVIATIONS = 6;
const LEAST_TIMES = 2;
const LEAST_NANOS = 0.5 * NANOS_PER_DOLLAR;
/** Turns a median deviation into a standard one, for a normal distribution. */
const TO_SIGMA = 1.4826;

/** The spikes of a range, each against the key's own four weeks before: medians, so that one spike does not hide the next. */
export function spikes(records: readonly UsageRecord[], range: Range): Spike[] {
  const byKey = new Map<string, Map<string, number>>();
  for (const { key, day, nanos } of records) {
    if (key === null) continue;
    const days = byKey.get(key) ?? new Map<string, number>();
    byKey.set(key, days.set(day, (days.get(day) ?? 0) + nanos));
  }
  const found: Spike[] = [];
  for (const [key, costs] of byKey) {
    for (const day of daysBetween(range.from, range.to)) {
      const usual = usualCost(costs, day);
      const nanos = costs.get(day) ?? 0;
      if (usual !== null && nanos > usual.most) found.push({ key, day, nanos, usual: usual.median });
    }
  }
  return found.sort((a, b) => b.nanos - a.nanos);
}

/** Null for a key that has no history yet. */
function usualCost(costs: ReadonlyMap<string, number>, day: string): { median: Nanos; most: Nanos } | null {
  const before = daysBetween(new Date(Date.parse(day) - HISTORY_DAYS * DAY_MS), new Date(day));
  const known = before.map((each) => costs.get(each) ?? 0);
  if (known.filter((cost) => cost > 0).length < LEAST_DAYS) return null;
  // A key that rests on some days is compared with the days on which it works.
  const working = known.filter((cost) => cost > 0);
  const middle = median(working);
  const spread = TO_SIGMA * median(working.map((cost) => Math.abs(cost - middle)));
  return { median: middle, most: Math.max(middle * LEAST_TIMES, middle + DEVIATIONS * spread, middle + LEAST_NANOS) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half)] ?? 0)) / 2;
}

export const UNUSED_DAYS = 30;

/**
 * The stored keys that nobody used for 30 days; one that was added since, and what the reports do not cover (admin keys
 * and OAuth tokens), is none.
 */
export function unused(records: readonly UsageRecord[], keys: readonly KeyEntry[], now: Date): KeyEntry[] {
  const from = new Date(dayStart(now).getTime() - UNUSED_DAYS * DAY_MS);
  const recent = within(records, { from, to: new Date(now.getTime() + DAY_MS) });
  const used = new Set(recent.filter(({ requests, nanos }) => requests > 0 || nanos > 0).map(({ key }) => key));
  return keys.filter(
    ({ name, kind, addedAt }) => kind === 'api' && !used.has(name) && addedAt.slice(0, 10) < dayOf(from),
  );
}

/** The records of one budget: of a key, or of all. */
export function recordsFor(records: readonly UsageRecord[], name: string): readonly UsageRecord[] {
  return name === 'all' ? records : records.filter(({ key }) => key === name);
}
