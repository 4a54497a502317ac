import { type Nanos, toDollars } from '../anthropic/prices.ts';
import type { Grant } from '../grants/grant.ts';
import { periodAt } from '../keys/budget.ts';
import type { Limit, Limiter } from './limiter.ts';

/** What a request may use at most, or has used. */
export interface Amount {
  readonly tokens: number;
  readonly nanos: Nanos;
}

export const NOTHING: Amount = { tokens: 0, nanos: 0 };

/** What was set aside for a request that is under way. A process that is killed leaves it taken. */
export interface Reservation {
  /** Counts what was used in place of what was set aside. Only the first call counts. */
  settle(used: Amount): void;
}

export interface OverLimit {
  readonly message: string;
  /** Until it makes sense to try again. */
  readonly retryAfter: number;
}

export type Reserved = { readonly reservation: Reservation } | { readonly refused: OverLimit };

/** A counter lives a while longer than its period, for requests that end in the next one. */
const GRACE_SECONDS = 3_600;

type Measure = 'requests' | keyof Amount;
interface GrantLimit extends Limit {
  readonly measure: Measure;
  readonly ends: Date | null;
  /** In words, with the most there is. */
  readonly words: string;
}

/** Asked at every request, and the same until a period ends. */
const KNOWN = new WeakMap<
  Grant,
  { readonly from: number; readonly until: number; readonly limits: readonly GrantLimit[] }
>();

/** The limits of a grant, as they are counted at this moment. */
export function limitsOf(grant: Grant, now: Date): readonly GrantLimit[] {
  const at = now.getTime();
  const known = KNOWN.get(grant);
  if (known !== undefined && known.from <= at && at < known.until) return known.limits;
  const limits = workOut(grant, now);
  const until = Math.min(...limits.map(({ ends }) => ends?.getTime() ?? Number.POSITIVE_INFINITY));
  KNOWN.set(grant, { from: at, until, limits });
  return limits;
}

function workOut({ id, rpm, tokensPerDay, budget }: Grant, now: Date): GrantLimit[] {
  const limits: GrantLimit[] = [];
  if (rpm !== null) {
    const words = `${rpm} requests a minute`;
    limits.push({ measure: 'requests', key: `${id}:requests`, most: rpm, seconds: 60, ends: null, words });
  }
  if (tokensPerDay !== null) {
    limits.push(ofPeriod('tokens', id, tokensPerDay, 'day', now, `${tokensPerDay} tokens a day`));
  }
  if (budget !== null) {
    const { nanos, per } = budget;
    limits.push(ofPeriod('nanos', id, nanos, per, now, `$${toDollars(nanos)} a ${per}`));
  }
  return limits;
}

function ofPeriod(
  measure: keyof Amount,
  id: string,
  most: number,
  per: 'day' | 'month',
  now: Date,
  words: string,
): GrantLimit {
  const { name, ends } = periodAt(per, now);
  const seconds = Math.ceil((ends.getTime() - now.getTime()) / 1000) + GRACE_SECONDS;
  return { measure, key: `${id}:${measure}:${name}`, most, seconds, ends, words };
}

/**
 * Sets aside what a request may use at most, from every limit of its grant or from none.
 * @param count of the requests that `most` is the sum of
 * @throws when the counters cannot be asked.
 */
export async function reserve(limiter: Limiter, grant: Grant, most: Amount, now: Date, count = 1): Promise<Reserved> {
  const limits = limitsFor(grant, most, now);
  const takings = await Promise.allSettled(
    limits.map((limit) => limiter.take(limit, amountOf(limit.measure, most, count))),
  );
  const taken = limits.filter((_, at) => isTaken(takings[at]));
  const failed = takings.find((taking) => taking.status === 'rejected');
  if (failed === undefined && taken.length === limits.length)
    return { reservation: reservationOf(limiter, taken, most) };
  for (const limit of taken) limiter.correct(limit, -amountOf(limit.measure, most, count));
  await limiter.settled();
  if (failed !== undefined) throw failed.reason;
  return { refused: firstRefusal(limits, takings, now) };
}

function isTaken(taking: PromiseSettledResult<{ ok: boolean }> | undefined): boolean {
  return taking?.status === 'fulfilled' && taking.value.ok;
}

/** What was set aside for one request, alone or with others. */
export function reservationFor(limiter: Limiter, grant: Grant, most: Amount, now: Date): Reservation {
  return reservationOf(limiter, limitsFor(grant, most, now), most);
}

function reservationOf(limiter: Limiter, taken: readonly GrantLimit[], most: Amount): Reservation {
  let settled = false;
  return {
    settle(used) {
      if (settled) return;
      settled = true;
      const difference = { tokens: used.tokens - most.tokens, nanos: used.nanos - most.nanos };
      for (const limit of taken) {
        if (limit.measure !== 'requests') limiter.correct(limit, amountOf(limit.measure, difference));
      }
    },
  };
}

/** Those that a request takes anything from. */
function limitsFor(grant: Grant, most: Amount, now: Date): readonly GrantLimit[] {
  return limitsOf(grant, now).filter(({ measure }) => amountOf(measure, most) > 0);
}

function amountOf(measure: Measure, { tokens, nanos }: Amount, requests = 1): number {
  return measure === 'requests' ? requests : measure === 'tokens' ? tokens : nanos;
}

/** The refusal that lasts longest is the one that must be known. */
function firstRefusal(
  limits: readonly GrantLimit[],
  takings: readonly PromiseSettledResult<Awaited<ReturnType<Limiter['take']>>>[],
  now: Date,
): OverLimit {
  const refusals = limits.flatMap((limit, at) => {
    const taking = takings[at];
    if (taking?.status !== 'fulfilled' || taking.value.ok) return [];
    const ms = limit.ends === null ? taking.value.msLeft : limit.ends.getTime() - now.getTime();
    return [{ retryAfter: Math.max(1, Math.ceil(ms / 1000)), message: refusalText(limit) }];
  });
  return refusals.reduce((longest, each) => (each.retryAfter > longest.retryAfter ? each : longest));
}

function refusalText({ measure, words }: GrantLimit): string {
  if (measure === 'requests') return `this token is limited to ${words}`;
  return `this token is limited to ${words}, and this request could pass that; a smaller max_tokens sets less aside`;
}
