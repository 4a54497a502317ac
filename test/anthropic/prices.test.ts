import { describe, expect, test } from 'vitest';
import { costOf, NO_USAGE, priceOf, readUsage, toDollars, tokensOf } from '../../src/anthropic/prices.ts';

const MILLION = 1_000_000;

describe('the cost of a call', () => {
  test.each([
    ['claude-haiku-4-5', { input: MILLION }, 1],
    ['claude-haiku-4-5', { output: MILLION }, 5],
    ['claude-haiku-4-5', { cacheRead: MILLION }, 0.1],
    ['claude-haiku-4-5', { cacheWrite5m: MILLION }, 1.25],
    ['claude-haiku-4-5', { cacheWrite1h: MILLION }, 2],
    ['claude-haiku-4-5', { input: MILLION, output: MILLION, tier: 'batch' }, 3],
    ['claude-haiku-4-5', { webSearches: 3 }, 0.03],
    ['claude-opus-4-8', { input: MILLION, output: MILLION, speed: 'fast' }, 60],
    ['claude-opus-5-5', { input: MILLION, cacheRead: MILLION, output: MILLION, speed: 'fast' }, 48.4],
    ['claude-opus-4-6', { input: MILLION, output: MILLION, speed: 'fast' }, 180],
    ['claude-opus-5-5', { input: MILLION, cacheWrite5m: MILLION, output: MILLION, usOnly: true }, 31.9],
    ['claude-haiku-5-5', { input: 100_000, webSearches: 1, tier: 'batch', usOnly: true }, 0.0155],
    ['claude-haiku-5-5', { input: 100_000, output: 0 }, 0.01],
    ['claude-haiku-5-5', { input: 60_000, cacheRead: 40_001 }, 0.03200005],
    ['claude-haiku-5-5', { cacheRead: 1 }, 0.00000001],
    ['claude-haiku-4-5-20251001', { input: MILLION }, 1],
    ['claude-of-tomorrow', { input: MILLION, output: MILLION }, 60],
    ['constructor', { input: MILLION }, 10],
  ] as const)('%s %j is $%d', (model, usage, dollars) => {
    expect(toDollars(costOf(model, { ...NO_USAGE, ...usage }))).toBe(dollars);
  });

  test('is a sum without rounding: a thousand small calls cost a thousand times one', () => {
    const one = costOf('claude-haiku-5-5', { ...NO_USAGE, input: 8, output: 1, cacheWrite5m: 8 });
    expect(one).toBe(8 * 100 + 500 + 8 * 125);
  });
});

test('a model that is not known has no price', () => {
  expect([priceOf('claude-of-tomorrow'), priceOf('toString')]).toEqual([null, null]);
});

describe('the usage of an answer', () => {
  test('with the two kinds of cache writes told apart', () => {
    const usage = readUsage({
      input_tokens: 8,
      output_tokens: 5,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      server_tool_use: { web_search_requests: 2 },
      service_tier: 'batch',
      inference_geo: 'us',
    });
    expect(usage).toEqual({
      input: 8,
      output: 5,
      cacheRead: 100,
      cacheWrite5m: 10,
      cacheWrite1h: 20,
      webSearches: 2,
      tier: 'batch',
      speed: 'standard',
      usOnly: true,
    });
    expect(usage && tokensOf(usage)).toBe(143);
  });

  test('without the details all writes are of five minutes', () => {
    expect(readUsage({ input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 30 })?.cacheWrite5m).toBe(30);
  });

  test.each([[null], ['usage'], [{}], [{ input_tokens: '8' }]])('%j is none', (value) => {
    expect(readUsage(value)).toBeNull();
  });

  test('numbers that are none count nothing', () => {
    expect(readUsage({ input_tokens: -5, output_tokens: 1.5, cache_read_input_tokens: Number.NaN })).toEqual(NO_USAGE);
  });
});
