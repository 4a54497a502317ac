import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { Grant } from '../../src/grants/grant.ts';
import type { Counters } from '../../src/limits/counters.ts';
import { Journal } from '../../src/limits/journal.ts';
import { Limiter } from '../../src/limits/limiter.ts';
import { limitsOf, type Reserved } from '../../src/limits/reservation.ts';
import { Reserver } from '../../src/limits/reserver.ts';
import { temporaryFolder } from '../support/host.ts';

const NOW = new Date('2026-11-25T12:00:00Z');

const grantWith = (limits: Partial<Grant>, id = 'gr_abcdefghijkl'): Grant => ({
  id,
  label: 'ci',
  key: 'production',
  hash: '0'.repeat(64),
  createdAt: NOW.toISOString(),
  expiresAt: null,
  revokedAt: null,
  models: null,
  maxTokens: null,
  rpm: null,
  tokensPerDay: null,
  budget: null,
  endpoints: ['messages'],
  cidr: null,
  ...limits,
});

async function scene() {
  const file = join(temporaryFolder(), 'counters');
  const limiter = new Limiter(await Journal.open(file, { now: () => NOW.getTime() }));
  return {
    reserver: new Reserver(limiter, () => NOW),
    limiter,
    another: async () => new Limiter(await Journal.open(file, { now: () => NOW.getTime() })),
    lines: () => readFileSync(`${file}.1`, 'utf8').split('\n').length - 1,
    used: (grant: Grant) => Promise.all(limitsOf(grant, NOW).map((limit) => limiter.used(limit))),
  };
}

const amount = (tokens: number) => ({ tokens, nanos: tokens * 100 });
const letIn = (reserved: readonly Reserved[]) => reserved.map((each) => 'reservation' in each);

describe('requests that come at once', () => {
  test('are counted in one change of each limit, and so is what they did not use', async () => {
    const { reserver, lines, used } = await scene();
    const grant = grantWith({ rpm: 50, tokensPerDay: 10_000, budget: { nanos: 1_000_000, per: 'day' } });
    const reserved = await Promise.all([10, 20, 30].map((tokens) => reserver.reserve(grant, amount(tokens))));
    expect(letIn(reserved)).toEqual([true, true, true]);
    expect(await used(grant)).toEqual([3, 60, 6_000]);
    expect(lines()).toBe(3);
    for (const each of reserved) if ('reservation' in each) each.reservation.settle(amount(4));
    expect(await used(grant)).toEqual([3, 12, 1_200]);
    expect(lines()).toBe(5);
  });

  test('of which some have used more than was set aside are counted right too', async () => {
    const { reserver, used } = await scene();
    const grant = grantWith({ tokensPerDay: 100 });
    const reserved = await Promise.all([10, 90].map((tokens) => reserver.reserve(grant, amount(tokens))));
    const [first, second] = reserved.flatMap((each) => ('reservation' in each ? [each.reservation] : []));
    first?.settle(amount(60));
    first?.settle(amount(1));
    second?.settle(amount(50));
    expect(await used(grant)).toEqual([110]);
  });

  test('and do not all fit are let in in their order, as far as each fits', async () => {
    const { reserver, used } = await scene();
    const grant = grantWith({ tokensPerDay: 100, rpm: 1_000 });
    const reserved = await Promise.all([40, 50, 30, 10, 1].map((tokens) => reserver.reserve(grant, amount(tokens))));
    expect(letIn(reserved)).toEqual([true, true, false, true, false]);
    expect(await used(grant)).toEqual([3, 100]);
  });

  test('for several grants have nothing to do with each other', async () => {
    const { reserver, used } = await scene();
    const grants = ['gr_aaaaaaaaaaaa', 'gr_bbbbbbbbbbbb'].map((id) => grantWith({ tokensPerDay: 50 }, id));
    const [one, other] = grants as [Grant, Grant];
    const reserved = await Promise.all([one, other, one].map((grant) => reserver.reserve(grant, amount(30))));
    expect(letIn(reserved)).toEqual([true, true, false]);
    expect(await Promise.all([used(one), used(other)])).toEqual([[30], [30]]);
  });

  test('are none of them let in while the counters cannot be asked', async () => {
    const fails = () => Promise.reject(new Error('no disk'));
    const counters: Counters = { add: fails, get: fails, close: async () => {} };
    const reserver = new Reserver(new Limiter(counters), () => NOW);
    const grant = grantWith({ tokensPerDay: 100 });
    const ends = await Promise.allSettled([1, 2].map((tokens) => reserver.reserve(grant, amount(tokens))));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('what a request did not use', () => {
  const LIMIT = { key: 'gr_abcdefghijkl:tokens:2026-11-25', most: 10, seconds: 60 };

  test('is there for whatever is taken next', async () => {
    const { limiter } = await scene();
    for (let turn = 0; turn < 3; turn += 1) {
      expect(await limiter.take(LIMIT, 10)).toEqual({ ok: true });
      limiter.correct(LIMIT, -10);
    }
    expect(await limiter.used(LIMIT)).toBe(0);
  });

  test('comes to other gateways though nothing more is taken here', async () => {
    const { limiter, another } = await scene();
    const other = await another();
    await limiter.take(LIMIT, 10);
    limiter.correct(LIMIT, -4);
    await vi.waitFor(async () => expect(await other.used(LIMIT)).toBe(6));
  });

  test('stays taken where the counters cannot be asked any more', async () => {
    const fails = () => Promise.reject(new Error('no disk'));
    const limiter = new Limiter({ add: fails, get: async () => null, close: async () => {} });
    limiter.correct(LIMIT, -4);
    await limiter.settled();
    expect(await limiter.used(LIMIT)).toBe(0);
  });
});
