import { toNanos } from '../anthropic/prices.ts';
import type { Context } from '../context.ts';
import type { AccessLine } from '../gateway/access-line.ts';
import { readAccessLog } from '../gateway/access-log.ts';
import { dayOf, plus, type UsageRecord } from './record.ts';

type Tokens = NonNullable<AccessLine['tokens']>;

/** Of a request that was broken off: the most that it could cost is known, and nothing of its tokens. */
const UNKNOWN: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 };

/**
 * What the gateway counted from a moment on, by its access log: cost by list prices. The service's own reports lag by
 * hours, and this fills the gap.
 */
export async function gatewayCounts(ctx: Context, since: Date): Promise<UsageRecord[]> {
  const sums = new Map<string, UsageRecord>();
  for await (const line of readAccessLog(ctx, since)) {
    if (line.usd === null) continue;
    const record = recordOf(line, line.tokens ?? UNKNOWN);
    const id = JSON.stringify([record.day, record.key, record.model]);
    const before = sums.get(id);
    sums.set(id, before === undefined ? record : plus(before, record));
  }
  return [...sums.values()];
}

function recordOf(
  { time, key, model, usd }: AccessLine,
  { input, output, cacheRead, cacheWrite5m, cacheWrite1h }: Tokens,
): UsageRecord {
  const tokens = { input, output, cacheRead, cacheWrite: cacheWrite5m + cacheWrite1h };
  return { day: dayOf(new Date(time)), key, model, workspace: null, requests: 1, ...tokens, nanos: toNanos(usd ?? 0) };
}
