/**
 * What tokens cost by the list (platform.claude.com/docs/en/about-claude/pricing), in one place.
 *
 * Money is counted in nano-dollars, whole numbers: the cheapest token that there is costs ten of them, so that sums are
 * exact where sums of dollars are not.
 */

/** Billionths of a US dollar. */
export type Nanos = number;

export const NANOS_PER_DOLLAR = 1e9;

/** What one call used, as the `usage` of its answer says; tokens, and web searches. */
export interface Usage {
  /** Neither read from the cache nor written to it. */
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly webSearches: number;
  readonly tier: 'standard' | 'batch';
  readonly speed: 'standard' | 'fast';
  /** Worked on in the United States alone, as the request or its workspace wanted it. */
  readonly usOnly: boolean;
}

export const NO_USAGE: Usage = {
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite5m: 0,
  cacheWrite1h: 0,
  webSearches: 0,
  tier: 'standard',
  speed: 'standard',
  usOnly: false,
};

/** US dollars per million tokens. */
interface Rates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
}

export interface Price extends Rates {
  /** What its fast mode costs, as a multiple. */
  readonly fast?: number;
  /** For prompts over so many tokens, of every kind together. */
  readonly long?: Rates & { readonly over: number };
}

const CACHE_WRITE_5M = 1.25;
const CACHE_WRITE_1H = 2;
/** Message batches cost half. */
const BATCH = 0.5;
/** Fast mode, where the table says nothing else: what it cost at its dearest. A model without one has no use for it. */
const FAST = 6;
/** `inference_geo: "us"`: on every kind of token (platform.claude.com/docs/en/manage-claude/data-residency). */
const US_ONLY = 1.1;
/** Ten dollars per thousand. */
const WEB_SEARCH: Nanos = 0.01 * NANOS_PER_DOLLAR;

const rates = (input: number, output: number, cacheRead: number): Rates => ({ input, output, cacheRead });

const PRICES: Readonly<Record<string, Price>> = {
  'claude-haiku-5-5': { ...rates(0.1, 0.5, 0.01), long: { over: 100_000, ...rates(0.5, 2.5, 0.05) } },
  'claude-haiku-4-5': rates(1, 5, 0.1),
  'claude-sonnet-5-5': rates(2, 10, 0.1),
  'claude-sonnet-5': rates(2, 10, 0.2),
  'claude-sonnet-4-6': rates(3, 15, 0.3),
  'claude-sonnet-4-5': rates(3, 15, 0.3),
  'claude-opus-5-5': { ...rates(4, 20, 0.2), fast: 2 },
  'claude-opus-5': { ...rates(5, 25, 0.5), fast: 2 },
  'claude-opus-4-8': { ...rates(5, 25, 0.5), fast: 2 },
  'claude-opus-4-7': rates(5, 25, 0.5),
  'claude-opus-4-6': rates(5, 25, 0.5),
  'claude-opus-4-5': rates(5, 25, 0.5),
  'claude-fable-5-2': rates(8, 40, 0.2),
  'claude-mythos-5-2': rates(8, 40, 0.2),
  'claude-fable-5-1': rates(10, 50, 0.25),
  'claude-mythos-5-1': rates(10, 50, 0.25),
  'claude-fable-5': rates(10, 50, 1),
  'claude-mythos-5': rates(10, 50, 1),
};

/** A model that is not in the table is counted as the dearest one: a budget may end early, and is never passed. */
const DEAREST: Price = rates(10, 50, 1);

/** The price of a model by its id, also a dated one (`claude-haiku-4-5-20251001`); null when it is not known. */
export function priceOf(model: string): Price | null {
  const name = model.replace(/-(?:\d{8}|latest)$/, '');
  return Object.hasOwn(PRICES, name) ? (PRICES[name] ?? null) : null;
}

/** What a call costs by the list; rounded up to a whole nano-dollar. */
export function costOf(model: string, usage: Usage): Nanos {
  const price = priceOf(model) ?? DEAREST;
  const { input, output, cacheRead } = ratesFor(price, usage);
  const weighted =
    input * (usage.input + CACHE_WRITE_5M * usage.cacheWrite5m + CACHE_WRITE_1H * usage.cacheWrite1h) +
    output * usage.output +
    cacheRead * usage.cacheRead;
  // A dollar per million tokens is a thousand nano-dollars per token.
  const tokens = weighted * 1_000 * multipleOf(price, usage);
  // 0.1 + 0.2 is a little over 0.3: what is over by less than a thousandth is not rounded up.
  return Math.ceil(tokens - 1e-3) + WEB_SEARCH * usage.webSearches;
}

/** What is paid for a token, to its plain price: the reasons come on top of each other. */
function multipleOf({ fast = FAST }: Price, { tier, speed, usOnly }: Usage): number {
  return (tier === 'batch' ? BATCH : 1) * (speed === 'fast' ? fast : 1) * (usOnly ? US_ONLY : 1);
}

function ratesFor(price: Price, { input, cacheRead, cacheWrite5m, cacheWrite1h }: Usage): Rates {
  const prompt = input + cacheRead + cacheWrite5m + cacheWrite1h;
  return price.long !== undefined && prompt > price.long.over ? price.long : price;
}

/** Every token that was used, of every kind. */
export function tokensOf({ input, output, cacheRead, cacheWrite5m, cacheWrite1h }: Usage): number {
  return input + output + cacheRead + cacheWrite5m + cacheWrite1h;
}

export function toDollars(nanos: Nanos): number {
  return nanos / NANOS_PER_DOLLAR;
}

export function toNanos(dollars: number): Nanos {
  return Math.round(dollars * NANOS_PER_DOLLAR);
}

/** The usage in the `usage` of a message, of any version of the API; null when it is none. */
export function readUsage(value: unknown): Usage | null {
  if (typeof value !== 'object' || value === null) return null;
  const usage = value as Readonly<Record<string, unknown>>;
  if (typeof usage['input_tokens'] !== 'number' && typeof usage['output_tokens'] !== 'number') return null;
  const creation = Object(usage['cache_creation']) as Readonly<Record<string, unknown>>;
  const cacheWrite1h = count(creation['ephemeral_1h_input_tokens']);
  return {
    input: count(usage['input_tokens']),
    output: count(usage['output_tokens']),
    cacheRead: count(usage['cache_read_input_tokens']),
    cacheWrite5m: Math.max(
      count(creation['ephemeral_5m_input_tokens']),
      count(usage['cache_creation_input_tokens']) - cacheWrite1h,
    ),
    cacheWrite1h,
    webSearches: count((Object(usage['server_tool_use']) as Record<string, unknown>)['web_search_requests']),
    tier: usage['service_tier'] === 'batch' ? 'batch' : 'standard',
    speed: usage['speed'] === 'fast' ? 'fast' : 'standard',
    usOnly: usage['inference_geo'] === 'us',
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}
