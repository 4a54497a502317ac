import { toDollars } from '../anthropic/prices.ts';
import type { Limiter } from '../limits/limiter.ts';
import { limitsOf } from '../limits/reservation.ts';
import { type Grant, type GrantStatus, statusOf } from './grant.ts';

/** A grant as `--json` shows it. Times are ISO 8601 in UTC, money is in US dollars. Neither token nor hash is in it. */
export interface GrantView {
  readonly id: string;
  readonly label: string;
  readonly key: string;
  readonly status: GrantStatus;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
  readonly models: readonly string[] | null;
  readonly maxTokens: number | null;
  readonly rpm: number | null;
  readonly tokensPerDay: number | null;
  readonly budget: { readonly usd: number; readonly per: 'day' | 'month' } | null;
  readonly endpoints: readonly string[];
  readonly cidr: readonly string[] | null;
  /** Of each limit so far in its period, with what is set aside for requests under way; null where there is no limit. */
  readonly used: { readonly requests: number | null; readonly tokens: number | null; readonly usd: number | null };
}

/** @param limiter null: what is used is not looked up */
export async function toView(grant: Grant, now: Date, limiter: Limiter | null): Promise<GrantView> {
  const { hash: _, budget, ...rest } = grant;
  const used = { requests: null as number | null, tokens: null as number | null, usd: null as number | null };
  for (const limit of limiter === null ? [] : limitsOf(grant, now)) {
    const amount = await limiter?.used(limit);
    if (amount === undefined) continue;
    if (limit.measure === 'nanos') used.usd = toDollars(amount);
    else used[limit.measure] = amount;
  }
  return {
    ...rest,
    status: statusOf(grant, now),
    budget: budget === null ? null : { usd: toDollars(budget.nanos), per: budget.per },
    used,
  };
}
