import type { Grant } from '../grants/grant.ts';
import { periodAt } from '../keys/budget.ts';
import type { Limit, Limiter } from '../limits/limiter.ts';
import { type Amount, limitsOf } from '../limits/reservation.ts';

/**
 * A batch is paid for when it is asked for, with the most that it may use. What it has used is in its results: whoever
 * fetches them first gets the difference back, if that is in the same period.
 */
const REMEMBERED_SECONDS = 40 * 24 * 3_600;
const ID = /^[A-Za-z0-9_-]{1,80}$/;

/** Remembers what was set aside for a batch that was taken. */
export function rememberBatch(limiter: Limiter, grant: Grant, id: string, most: Amount, now: Date): void {
  if (!ID.test(id)) return;
  for (const [of, amount] of amountsOf(grant, id, most, now)) limiter.correct(of, amount);
}

/**
 * Corrects the limits of the grant by what the batch has used; once.
 * @returns whether this was the first time that its results were seen
 */
export async function settleBatch(
  limiter: Limiter,
  grant: Grant,
  id: string,
  used: Amount,
  now: Date,
): Promise<boolean> {
  if (!ID.test(id)) return false;
  const once = { key: `batch:${id}:settled`, most: 1, seconds: REMEMBERED_SECONDS };
  if (!(await limiter.take(once, 1)).ok) return false;
  for (const limit of limitsOf(grant, now)) {
    if (limit.measure === 'requests') continue;
    const setAside = await limiter.used(memoryOf(id, limit, now));
    if (setAside > 0) limiter.correct(limit, used[limit.measure] - setAside);
  }
  return true;
}

function amountsOf(grant: Grant, id: string, most: Amount, now: Date): [Limit, number][] {
  return limitsOf(grant, now).flatMap((limit) =>
    limit.measure === 'requests' ? [] : [[memoryOf(id, limit, now), most[limit.measure]]],
  );
}

/** Of this grant and of this period: in the next one there is nothing to give back to. */
function memoryOf(id: string, { key }: Limit, now: Date): Limit {
  return { key: `batch:${id}:${key}:${periodAt('month', now).name}`, most: 0, seconds: REMEMBERED_SECONDS };
}
