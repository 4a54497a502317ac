import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Counters } from './counters.ts';

/** One limit of one holder. */
export interface Limit {
  /** Names the counter; of the period too, where it is one of the calendar. */
  readonly key: string;
  readonly most: number;
  /** How long the counter lives. */
  readonly seconds: number;
}

/** What became of taking from a limit. */
export type Taken = { readonly ok: true } | { readonly ok: false; readonly msLeft: number; readonly over: number };

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/**
 * Takes from limits and gives back, through rate-limiter-flexible. Its limiter for Redis is used for both kinds of
 * counters: the journal answers the same calls as the server does. A taking that does not fit leaves nothing behind,
 * which the library's own script would.
 */
export class Limiter {
  readonly #storeClient: object;
  readonly #known = new Map<number, RateLimiterRedis>();

  constructor(counters: Counters) {
    this.#storeClient = clientOf(counters);
  }

  /** @throws when the counters cannot be asked. */
  async take({ key, most, seconds }: Limit, amount: number): Promise<Taken> {
    try {
      await this.#limiter(most).consume(key, amount, { customDuration: seconds });
      return { ok: true };
    } catch (refusal) {
      if (refusal instanceof Error) throw refusal;
      const { msBeforeNext, consumedPoints } = refusal as RateLimiterRes;
      return { ok: false, msLeft: msBeforeNext, over: consumedPoints - most };
    }
  }

  /** Counts what was used beside what was taken, limit or not; less than nothing gives back. */
  async correct({ key, seconds }: Limit, amount: number): Promise<void> {
    const limiter = this.#limiter(UNLIMITED);
    const options = { customDuration: seconds };
    if (amount > 0) await limiter.penalty(key, amount, options);
    if (amount < 0) await limiter.reward(key, -amount, options);
  }

  /** How much of a limit is used. */
  async used({ key, most }: Limit): Promise<number> {
    return (await this.#limiter(most).get(key))?.consumedPoints ?? 0;
  }

  #limiter(most: number): RateLimiterRedis {
    const known = this.#known.get(most);
    if (known !== undefined) return known;
    const options = { storeClient: this.#storeClient, keyPrefix: 'claude-keys:limit', points: most, duration: 60 };
    const made = new RateLimiterRedis(options);
    this.#known.set(most, made);
    return made;
  }
}

/** The calls that the library makes of an ioredis client. */
function clientOf(counters: Counters): object {
  return {
    rlflxIncr: async ([key, points, seconds, most]: [string, string, string, string]) => {
      const { value, msLeft } = await counters.add(key, Number(points), Number(seconds), Number(most));
      return [value, msLeft];
    },
    multi: () => {
      let wanted = '';
      const chain = {
        get: (key: string) => {
          wanted = key;
          return chain;
        },
        pttl: () => chain,
        exec: async () => {
          const count = await counters.get(wanted);
          return [
            [null, count?.value ?? null],
            [null, count?.msLeft ?? -2],
          ];
        },
      };
      return chain;
    },
  };
}
