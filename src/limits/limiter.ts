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
export type Taken = { readonly ok: true } | { readonly ok: false; readonly msLeft: number };

const UNLIMITED = Number.MAX_SAFE_INTEGER;
/** What is given back waits so long for something to be taken, to be written with it. */
const GIVE_BACK_MS = 20;
/** Of every counter, as the library puts it before a key. */
const PREFIX = 'claude-keys:limit';

/** What is to be counted beside what was taken; less than nothing is given back. */
interface Correction {
  readonly limit: Limit;
  amount: number;
}

/**
 * Takes from limits, through rate-limiter-flexible. Its limiter for Redis is used for both kinds of counters: the journal
 * answers the same calls as the server does. A taking that does not fit leaves nothing behind, which the library's own
 * script would. What is given back is not asked for: it goes to the counters as it is.
 */
export class Limiter {
  readonly #counters: Counters;
  readonly #storeClient: object;
  readonly #known = new Map<number, RateLimiterRedis>();
  readonly #toGiveBack = new Map<string, Correction>();
  #timer: NodeJS.Timeout | undefined;
  #corrected: Promise<void> = Promise.resolve();

  constructor(counters: Counters) {
    this.#counters = counters;
    this.#storeClient = clientOf(counters);
  }

  /**
   * Finds everything that was given back before.
   * @throws when the counters cannot be asked.
   */
  take({ key, most, seconds }: Limit, amount: number): Promise<Taken> {
    this.#giveBack();
    return this.#limiter(most).consume(key, amount, { customDuration: seconds }).then(taken, notTaken);
  }

  /**
   * Counts what was used beside what was taken, limit or not; less than nothing gives back, in a moment and all of one
   * limit in one call. Counters that cannot be asked keep what was taken: never too little is counted.
   */
  correct(limit: Limit, amount: number): void {
    if (amount > 0) this.#add([{ limit, amount }]);
    else if (amount < 0) this.#giveBackSoon(limit, amount);
  }

  #giveBackSoon(limit: Limit, amount: number): void {
    this.#timer ??= setTimeout(() => this.#giveBackLate(), GIVE_BACK_MS).unref();
    const known = this.#toGiveBack.get(limit.key);
    if (known === undefined) this.#toGiveBack.set(limit.key, { limit, amount });
    else known.amount += amount;
  }

  /** Gives back at once, and waits until everything is corrected, whatever comes of it. */
  async settled(): Promise<void> {
    this.#giveBack();
    await this.#corrected;
  }

  /** It has seen to all that came since it was set, taken with others or not: to set one anew for each costs more. */
  #giveBackLate(): void {
    this.#timer = undefined;
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#toGiveBack.size === 0) return;
    this.#add([...this.#toGiveBack.values()]);
    this.#toGiveBack.clear();
  }

  #add(corrections: readonly Correction[]): void {
    const changes = corrections.map(({ limit: { key, seconds }, amount }) =>
      this.#counters.add(`${PREFIX}:${key}`, amount, seconds, UNLIMITED),
    );
    // What became of them is let go: each list would hold on to all before it.
    this.#corrected = Promise.allSettled([this.#corrected, ...changes]).then(() => {});
  }

  /** How much of a limit is used. */
  async used({ key, most }: Limit): Promise<number> {
    this.#giveBack();
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

function taken(): Taken {
  return { ok: true };
}

/** The library throws what became of the counter; an error when it could not be asked. */
function notTaken(refusal: RateLimiterRes | Error): Taken {
  if (refusal instanceof Error) throw refusal;
  return { ok: false, msLeft: refusal.msBeforeNext };
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
