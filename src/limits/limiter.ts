import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import type { Counters } from './counters.ts';
import { Turn } from './turn.ts';

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
/** Of every counter, as the library puts it before a key. */
const PREFIX = 'claude-keys:limit';

/** What is counted beside what was taken, in this turn of the event loop; each way for itself. */
interface Correction {
  readonly limit: Limit;
  more: number;
  less: number;
}

/**
 * Takes from limits, through rate-limiter-flexible. Its limiter for Redis is used for both kinds of counters: the journal
 * answers the same calls as the server does. A taking that does not fit leaves nothing behind, which the library's own
 * script would. What is given back is not asked for: it goes to the counters as it is.
 */
export class Limiter {
  readonly turn = new Turn();
  readonly #counters: Counters;
  readonly #storeClient: object;
  readonly #known = new Map<number, RateLimiterRedis>();
  #corrections = new Map<string, Correction>();
  #correcting: Promise<void> | null = null;
  #corrected: Promise<void> = Promise.resolve();

  constructor(counters: Counters) {
    this.#counters = counters;
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

  /**
   * Counts what was used beside what was taken, limit or not; less than nothing gives back. All corrections of one limit
   * in the same turn of the event loop are one call.
   */
  correct(limit: Limit, amount: number): Promise<void> {
    this.#correcting ??= this.#correctAtEndOfTurn();
    const known = this.#corrections.get(limit.key) ?? { limit, more: 0, less: 0 };
    if (amount > 0) known.more += amount;
    else known.less -= amount;
    this.#corrections.set(limit.key, known);
    return this.#correcting;
  }

  /** After every correction so far, whatever came of it. */
  settled(): Promise<void> {
    return this.#corrected;
  }

  #correctAtEndOfTurn(): Promise<void> {
    const correcting = this.turn.end().then(() => this.#makeCorrections());
    this.#corrected = Promise.allSettled([this.#corrected, correcting]).then(() => {});
    return correcting;
  }

  async #makeCorrections(): Promise<void> {
    const corrections = this.#corrections;
    this.#corrections = new Map();
    this.#correcting = null;
    const changes: Promise<unknown>[] = [];
    for (const { limit, more, less } of corrections.values()) {
      if (more > 0) changes.push(this.#add(limit, more));
      if (less > 0) changes.push(this.#add(limit, -less));
    }
    await Promise.all(changes);
  }

  #add({ key, seconds }: Limit, amount: number): Promise<unknown> {
    return this.#counters.add(`${PREFIX}:${key}`, amount, seconds, UNLIMITED);
  }

  /** How much of a limit is used. */
  async used({ key, most }: Limit): Promise<number> {
    return (await this.#limiter(most).get(key))?.consumedPoints ?? 0;
  }

  #limiter(most: number): RateLimiterRedis {
    const known = this.#known.get(most);
    if (known !== undefined) return known;
    const options = { storeClient: this.#storeClient, keyPrefix: PREFIX, points: most, duration: 60 };
    const made = new RateLimiterRedis(options);
    this.#known.set(most, made);
    return made;
  }
}

/** The calls that the library makes of an ioredis client. */
function clientOf(counters: Counters): object {
  return {
    rlflxIncr: ([key, points, seconds, most]: [string, string, string, string]) =>
      counters.add(key, Number(points), Number(seconds), Number(most)).then(({ value, msLeft }) => [value, msLeft]),
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
