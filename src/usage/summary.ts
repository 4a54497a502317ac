import type { Nanos } from '../anthropic/prices.ts';
import { type Counts, dayOf, daysBetween, type Grouping, plus, type UsageRecord } from './record.ts';

/** What one key, model, workspace or day comes to. */
export interface Group extends Counts {
  /** Null for what the service attributes to none. */
  readonly name: string | null;
  /** In the time before, as long as this one; null by day. */
  readonly before: Nanos | null;
}

export interface Range {
  readonly from: Date;
  readonly to: Date;
}

/** The time before a range, as long as it. */
export function timeBefore({ from, to }: Range): Range {
  return { from: new Date(2 * from.getTime() - to.getTime()), to: from };
}

export function within(records: readonly UsageRecord[], { from, to }: Range): UsageRecord[] {
  const [first, behind] = [dayOf(from), dayOf(to)];
  return records.filter(({ day }) => day >= first && day < behind);
}

/** Groups the records of a range, the dearest first; days in their order, also those without any usage. */
export function groupBy(records: readonly UsageRecord[], range: Range, by: Grouping): Group[] {
  const groups = new Map<string | null, Group>();
  if (by === 'day') for (const day of daysBetween(range.from, range.to)) groups.set(day, emptyGroup(day, null));
  const beforeRecords = by === 'day' ? [] : within(records, timeBefore(range));
  const before = new Map<string | null, number>();
  for (const record of beforeRecords) before.set(record[by], (before.get(record[by]) ?? 0) + record.nanos);
  for (const record of within(records, range)) {
    const name = record[by];
    groups.set(name, plus(groups.get(name) ?? emptyGroup(name, before.get(name) ?? 0), record));
  }
  const found = [...groups.values()];
  return by === 'day' ? found : found.sort((a, b) => b.nanos - a.nanos || totalTokens(b) - totalTokens(a));
}

/** All of a range in one. */
export function totalOf(records: readonly UsageRecord[], range: Range): Group {
  const before = costOf(within(records, timeBefore(range)));
  return within(records, range).reduce<Group>(plus, emptyGroup(null, before));
}

export function costOf(records: readonly UsageRecord[]): Nanos {
  return records.reduce((sum, { nanos }) => sum + nanos, 0);
}

export function totalTokens({
  input,
  output,
  cacheRead,
  cacheWrite,
}: Pick<Group, 'input' | 'output' | 'cacheRead' | 'cacheWrite'>): number {
  return input + output + cacheRead + cacheWrite;
}

/** By how much it changed against the time before: 0.5 is half as much again. Null where there was nothing before. */
export function changeOf({ nanos, before }: Pick<Group, 'nanos' | 'before'>): number | null {
  return before === null || before <= 0 ? null : nanos / before - 1;
}

function emptyGroup(name: string | null, before: Nanos | null): Group {
  return { name, requests: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0, nanos: 0, before };
}
