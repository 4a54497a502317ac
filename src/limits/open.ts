import type { Context } from '../context.ts';
import type { Counters } from './counters.ts';
import type { Limiter } from './limiter.ts';

export interface OpenLimits {
  readonly limiter: Limiter;
  close(): Promise<void>;
}

/**
 * The limits of this machine, or those in Redis.
 * @throws {UserError} `store_unavailable`, `write_failed` when they cannot be opened.
 */
export async function openLimits(ctx: Context, redis: string | undefined): Promise<OpenLimits> {
  const counters = await openCounters(ctx, redis);
  const { Limiter } = await import('./limiter.ts');
  const limiter = new Limiter(counters);
  return {
    limiter,
    async close() {
      await limiter.settled();
      await counters.close();
    },
  };
}

async function openCounters(ctx: Context, redis: string | undefined): Promise<Counters> {
  if (redis === undefined) return (await import('./journal.ts')).Journal.open(ctx.paths.countersFile);
  const { connectRedis } = await import('../redis/connect.ts');
  const { RedisCounters } = await import('./redis-counters.ts');
  return new RedisCounters(await connectRedis(redis));
}
