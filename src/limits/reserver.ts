import type { Grant } from '../grants/grant.ts';
import type { Limiter } from './limiter.ts';
import { type Amount, NOTHING, type Reserved, reservationFor, reserve } from './reservation.ts';

/** A request that is not set aside for yet. */
interface Waiting {
  readonly most: Amount;
  resolve(reserved: Reserved): void;
  reject(error: unknown): void;
}

/**
 * Sets aside for requests, together for those that come for the same grant in the same turn of the event loop: what they
 * may use in sum is taken from each limit once. Where the sum does not fit, each is looked at by itself, in the order in
 * which they came: that none is refused which alone would have fitted, and what is taken is never more than the limit.
 */
export class Reserver {
  readonly #limiter: Limiter;
  readonly #now: () => Date;
  #waiting = new Map<Grant, Waiting[]>();

  constructor(limiter: Limiter, now: () => Date) {
    this.#limiter = limiter;
    this.#now = now;
  }

  /** As {@link reserve}. */
  reserve(grant: Grant, most: Amount): Promise<Reserved> {
    // At the end of a turn everything that has come so far has been looked at.
    if (this.#waiting.size === 0) setImmediate(() => this.#serve());
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(grant);
      const one = { most, resolve, reject };
      if (others === undefined) this.#waiting.set(grant, [one]);
      else others.push(one);
    });
  }

  #serve(): void {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    const now = this.#now();
    for (const [grant, requests] of waiting) {
      if (requests.length === 1) this.#each(grant, requests, now);
      else void this.#together(grant, requests, now);
    }
  }

  async #together(grant: Grant, requests: readonly Waiting[], now: Date): Promise<void> {
    try {
      const reserved = await reserve(this.#limiter, grant, sumOf(requests), now, requests.length);
      if ('refused' in reserved) return this.#each(grant, requests, now);
      for (const { most, resolve } of requests)
        resolve({ reservation: reservationFor(this.#limiter, grant, most, now) });
    } catch (error) {
      for (const { reject } of requests) reject(error);
    }
  }

  #each(grant: Grant, requests: readonly Waiting[], now: Date): void {
    for (const { most, resolve, reject } of requests) reserve(this.#limiter, grant, most, now).then(resolve, reject);
  }
}

function sumOf(requests: readonly Waiting[]): Amount {
  return requests.reduce(
    (sum, { most }) => ({ tokens: sum.tokens + most.tokens, nanos: sum.nanos + most.nanos }),
    NOTHING,
  );
}
