import type { Count } from './counters.ts';

/** One counter, and the moment (milliseconds since 1970) at which it ends. */
export interface Counter {
  readonly value: number;
  readonly ends: number;
}

/** A change as it stands in the journal. Keys hold no spaces. */
export interface ChangeRecord {
  readonly id: string;
  readonly at: number;
  readonly delta: number;
  readonly seconds: number;
  readonly limit: number;
  readonly key: string;
}

/** A line of the journal: a change, a counter of the generation before, or the end of this one. */
export type JournalLine =
  | { readonly kind: 'change'; readonly change: ChangeRecord }
  | { readonly kind: 'counter'; readonly key: string; readonly counter: Counter }
  | { readonly kind: 'moved' };

export const MOVED = '>\n';

export function changeLine({ id, at, delta, seconds, limit, key }: ChangeRecord): string {
  return `+ ${id} ${at} ${delta} ${seconds} ${limit} ${key}\n`;
}

export function counterLine(key: string, { value, ends }: Counter): string {
  return `= ${value} ${ends} ${key}\n`;
}

/** Null for what is no whole line: the rest of one that a full disk cut off. */
export function readLine(line: string): JournalLine | null {
  const words = line.split(' ');
  switch (words[0]) {
    case '+': {
      const [, id = '', at, delta, seconds, limit, key] = words;
      if (key === undefined || words.length !== 7) return null;
      const change = { id, at: Number(at), delta: Number(delta), seconds: Number(seconds), limit: Number(limit), key };
      return { kind: 'change', change };
    }
    case '=': {
      const [, value, ends, key] = words;
      if (key === undefined) return null;
      return { kind: 'counter', key, counter: { value: Number(value), ends: Number(ends) } };
    }
    case '>':
      return { kind: 'moved' };
    default:
      return null;
  }
}

/** What a change does to the counters: the same in every process, since all read the same lines in the same order. */
export function apply(counters: Map<string, Counter>, { at, delta, seconds, limit, key }: ChangeRecord): Count {
  const known = counters.get(key);
  const there = known !== undefined && known.ends > at;
  const { value, ends } = there ? known : { value: 0, ends: at + seconds * 1000 };
  if (delta < 0 && !there) return { value: 0, msLeft: 0 };
  const count = { value: value + delta, msLeft: ends - at };
  if (delta > 0 && count.value > limit) return count;
  counters.set(key, { value: count.value, ends });
  return count;
}
