import type { Nanos } from '../anthropic/prices.ts';

/** What was used, in tokens, and what it cost. */
export interface Counts {
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly nanos: Nanos;
}

/** What a key did with a model on a day (UTC), counted by the service or, where it has not yet, by the gateway. */
export interface UsageRecord extends Counts {
  readonly day: string;
  /** The name here, else the name or id in the Console; null for what no key did. */
  readonly key: string | null;
  readonly model: string | null;
  readonly workspace: string | null;
}

/** The first, with the counts of both. */
export function plus<T extends Counts>(sums: T, more: Counts): T {
  return {
    ...sums,
    requests: sums.requests + more.requests,
    input: sums.input + more.input,
    output: sums.output + more.output,
    cacheRead: sums.cacheRead + more.cacheRead,
    cacheWrite: sums.cacheWrite + more.cacheWrite,
    nanos: sums.nanos + more.nanos,
  };
}

export const GROUPINGS = ['key', 'model', 'workspace', 'day'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export const DAY_MS = 86_400_000;

/** The midnight (UTC) that a moment is behind. */
export function dayStart(at: Date | number): Date {
  const moment = typeof at === 'number' ? at : at.getTime();
  return new Date(Math.floor(moment / DAY_MS) * DAY_MS);
}

export function dayOf(at: Date | number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The days from one to before another. */
export function daysBetween(from: Date, to: Date): string[] {
  const days: string[] = [];
  for (let at = from.getTime(); at < to.getTime(); at += DAY_MS) days.push(dayOf(at));
  return days;
}
