import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway } from '../../src/gateway/gateway.ts';
import { openLimits } from '../../src/limits/open.ts';
import { storeKey } from '../support/entries.ts';
import { ask, until } from '../support/gateway.ts';
import { TestMachine } from '../support/host.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { requireTools } from '../support/require.ts';
import { startStandin } from '../support/standin/index.ts';

const PLACE = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: null } as const;

describe.skipIf(!requireTools('redis-server'))('three gateways of three machines, and one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  test('get back what was not used also when one of them ends at that moment', async () => {
    const limit = { key: 'gr_abcdefghijkl:tokens:2026-11-25', most: 10, seconds: 60 };
    const [one, other] = await Promise.all([1, 2].map(() => openLimits(new TestMachine().context(), redis.url)));
    await one?.limiter.take(limit, 10);
    one?.limiter.correct(limit, -4);
    await one?.close();
    expect(await other?.limiter.used(limit)).toBe(6);
    await other?.close();
  });

  test('share grants, limits to the last request, and revocations within a second', { timeout: 60_000 }, async () => {
    const api = await startStandin();
    const env = { ANTHROPIC_BASE_URL: api.url, CLAUDE_KEYS_REDIS: redis.url };
    const machines = [new TestMachine(), new TestMachine(), new TestMachine()];
    const [first] = machines as [TestMachine];
    for (const machine of machines) api.addKey(await storeKey(machine, 'production'));
    const gateways = await Promise.all(
      machines.map((machine) => {
        const ctx = { ...machine.context({ env }), now: () => new Date() };
        return startGateway(ctx, { place: PLACE, redis: redis.url });
      }),
    );
    const urls = gateways.map(({ address }) => address);
    const made = await first.run(
      ['grant', 'create', '--label', 'ci', '--rpm', '70', '--tokens-per-day', '1m', '--json'],
      { env },
    );
    const { token, grant } = JSON.parse(made.stdout);
    await until(async () =>
      (await Promise.all(urls.map((url) => ask(url, { token, method: 'GET', path: '/v1/none' })))).every(
        ({ status }) => status === 404,
      ),
    );
    const answers = await Promise.all(Array.from({ length: 200 }, (_, turn) => ask(urls[turn % 3] ?? '', { token })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(70);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(130);
    const { limiter, close } = await openLimits(first.context({ env }), redis.url);
    const limit = { key: `${grant.id}:tokens:${new Date().toISOString().slice(0, 10)}`, most: 1, seconds: 60 };
    await until(async () => (await limiter.used(limit)) === 70 * 9);
    await close();
    const shown = JSON.parse((await first.run(['grant', 'show', 'ci', '--json'], { env, now: new Date() })).stdout);
    expect(shown.grant.used).toEqual({ requests: 70, tokens: 630, usd: null });
    // Not in a file of this machine.
    expect(JSON.parse((await first.run(['grant', 'list', '--json'])).stdout)).toEqual({ grants: [] });
    const revoked = performance.now();
    expect((await first.run(['grant', 'revoke', 'ci'], { env })).code).toBe(0);
    await until(async () =>
      (await Promise.all(urls.map((url) => ask(url, { token })))).every(({ status }) => status === 401),
    );
    expect(performance.now() - revoked).toBeLessThan(1_500);
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await api.stop();
  });

  test('without its Redis a gateway lets nothing through', { timeout: 30_000 }, async () => {
    const own = await startRedis();
    const api = await startStandin();
    const machine = new TestMachine();
    api.addKey(await storeKey(machine, 'production'));
    const env = { ANTHROPIC_BASE_URL: api.url, CLAUDE_KEYS_REDIS: own.url };
    const { token } = JSON.parse((await machine.run(['grant', 'create', '--label', 'ci', '--json'], { env })).stdout);
    const ctx = { ...machine.context({ env }), now: () => new Date() };
    const gateway = await startGateway(ctx, { place: PLACE, redis: own.url });
    expect((await ask(gateway.address, { token })).status).toBe(200);
    await own.stop();
    await until(async () => (await ask(gateway.address, { token })).status === 503);
    expect((await machine.run(['grant', 'list'], { env })).code).toBe(4);
    await gateway.close();
    await api.stop();
  });

  test.each([
    ['redis://:password@127.0.0.1', 2, 'secret_as_argument'],
    ['http://127.0.0.1', 2, 'usage'],
    ['redis://127.0.0.1:9', 4, 'store_unavailable'],
  ])('--redis %s is refused', async (url, code, error) => {
    const result = await new TestMachine().run(['grant', 'list', '--redis', url, '--json']);
    expect([result.code, JSON.parse(result.stdout).error.code]).toEqual([code, error]);
    expect(result.stdout).not.toContain('password@');
  });
});
