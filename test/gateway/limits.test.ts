import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../../src/gateway/gateway.ts';
import { openLimits } from '../../src/limits/open.ts';
import { type Answered, ask, GatewayScene, HELLO, until } from '../support/gateway.ts';

/** What HELLO sets aside: its body, three bytes a token, and its max_tokens; and what it uses, by the stand-in. */
const SIZE = JSON.stringify(HELLO).length;
const SET_ASIDE = { tokens: Math.ceil(SIZE / 3) + 10, nanos: Math.ceil(SIZE / 3) * 100 + 10 * 500 };
const USED = { tokens: 9, nanos: 8 * 100 + 500 };

const many = (count: number, one: (turn: number) => Promise<Answered>) =>
  Promise.all(Array.from({ length: count }, (_, turn) => one(turn)));
const statuses = (answers: readonly Answered[]) => {
  const counts: Record<number, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** A service that answers nobody until it is told to: till then, what it was asked is under way. */
async function holdingService() {
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => request.resume().on('end', () => held.push(response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const usage = { input_tokens: 8, output_tokens: 1 };
  const body = JSON.stringify({ type: 'message', model: HELLO.model, usage });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    held,
    release: () =>
      held.forEach((response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(body)),
  };
}

/** Sends 200 requests, and lets the service answer when each of them is with it or refused. */
async function all200(service: Awaited<ReturnType<typeof holdingService>>, one: (turn: number) => Promise<Answered>) {
  let refused = 0;
  const answers = many(200, async (turn) => {
    const answer = await one(turn);
    if (answer.status === 429) refused += 1;
    return answer;
  });
  await until(() => service.held.length + refused === 200);
  service.release();
  return answers;
}

async function usedOf(scene: GatewayScene, measure: string): Promise<number> {
  const { limiter, close } = await openLimits(scene.ctx, undefined);
  const [grant] = JSON.parse(readFileSync(scene.ctx.paths.grantsFile, 'utf8')).grants;
  const period = measure === 'requests' ? '' : `:${new Date().toISOString().slice(0, 10)}`;
  const used = await limiter.used({ key: `${grant.id}:${measure}${period}`, most: 1, seconds: 60 });
  await close();
  return used;
}

describe('200 requests at once', () => {
  test.each([
    ['a budget', { budget: { nanos: 50 * SET_ASIDE.nanos, per: 'day' as const } }, 'nanos', 50 * USED.nanos],
    ['tokens a day', { tokensPerDay: 50 * SET_ASIDE.tokens }, 'tokens', 50 * USED.tokens],
    ['requests a minute', { rpm: 50 }, 'requests', 50],
  ])('get what fits into %s, to the last one, and no more', async (_, rights, measure, used) => {
    const service = await holdingService();
    const scene = await GatewayScene.start(rights, { upstream: service.url });
    const answers = await all200(service, () => scene.ask({ token: scene.token }));
    expect(statuses(answers)).toEqual({ 200: 50, 429: 150 });
    await until(async () => (await usedOf(scene, measure)) === used);
  });

  test('through three gateways of one machine too', async () => {
    const service = await holdingService();
    const scene = await GatewayScene.start(
      { budget: { nanos: 50 * SET_ASIDE.nanos, per: 'day' }, tokensPerDay: 40 * SET_ASIDE.tokens },
      { upstream: service.url },
    );
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: null } as const;
    const others = [await startGateway(scene.ctx, { place }), await startGateway(scene.ctx, { place })];
    const urls = [scene.url, ...others.map(({ address }) => address)];
    const answers = await all200(service, (turn) => ask(urls[turn % 3] ?? '', { token: scene.token }));
    expect(statuses(answers)).toEqual({ 200: 40, 429: 160 });
    await Promise.all(others.map((other) => other.close()));
    await until(async () => (await usedOf(scene, 'tokens')) === 40 * USED.tokens);
    // What was refused by one limit is not kept by the other.
    expect([await usedOf(scene, 'tokens'), await usedOf(scene, 'nanos')]).toEqual([40 * USED.tokens, 40 * USED.nanos]);
  });
});

describe('over a limit', () => {
  test('of a minute, a client is told when to come back', async () => {
    const scene = await GatewayScene.start({ rpm: 1 });
    await scene.ask({ token: scene.token });
    const { status, headers, json } = await scene.ask({ token: scene.token });
    expect([status, json.error.type]).toEqual([429, 'rate_limit_error']);
    expect(Number(headers['retry-after'])).toBeGreaterThan(50);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(headers['x-should-retry']).toBeUndefined();
  });

  test('of a day, it is told not to wait for so long', async () => {
    const scene = await GatewayScene.start({ tokensPerDay: 5 });
    const { status, headers, json } = await scene.ask({ token: scene.token });
    expect([status, headers['x-should-retry']]).toEqual([429, 'false']);
    const midnight = new Date().setUTCHours(24, 0, 0, 0);
    expect(Number(headers['retry-after'])).toBeCloseTo((midnight - Date.now()) / 1000, -1);
    expect(json.error.message).toMatch(/^this token is limited to 5 tokens a day/);
  });
});

describe('what is set aside', () => {
  const budget = { budget: { nanos: 1e9, per: 'day' as const } };

  test.each([
    ['an answer says', {}, USED.nanos],
    ['the beginning of a stream and its end say', { stream: true }, 8 * 100 + 5 * 500],
    ['a dated model costs what the model does', { model: 'claude-haiku-4-5' }, 8 * 1000 + 5000],
  ])('becomes what %s', async (_, more, nanos) => {
    const scene = await GatewayScene.start(budget);
    expect((await scene.ask({ token: scene.token, body: { ...HELLO, ...more } })).status).toBe(200);
    await until(async () => (await usedOf(scene, 'nanos')) === nanos);
  });

  test.each(['overloaded', 'credit_too_low', 'api_error', 'rate_limit'] as const)(
    'is given back for %s',
    async (answer) => {
      const scene = await GatewayScene.start(budget, { standin: { answer } });
      expect((await scene.ask({ token: scene.token })).status).toBeGreaterThanOrEqual(400);
      await until(async () => (await usedOf(scene, 'nanos')) === 0);
    },
  );

  test('stays when an answer does not say what it used, or does not come', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'zstd' };
    const scene = await GatewayScene.start(budget, { standin: { answer: { status: 200, body: '?', headers } } });
    await scene.ask({ token: scene.token });
    expect(await usedOf(scene, 'nanos')).toBe(SET_ASIDE.nanos);
    scene.api.setAnswer({ fault: 'drop' });
    expect((await scene.ask({ token: scene.token })).status).toBe(502);
    expect(await usedOf(scene, 'nanos')).toBe(2 * SET_ASIDE.nanos);
    expect((await scene.log(2)).map(({ usd, estimated }) => [usd, estimated])).toEqual([
      [SET_ASIDE.nanos / 1e9, true],
      [SET_ASIDE.nanos / 1e9, true],
    ]);
  });

  test('is given back when nothing could be sent', async () => {
    const scene = await GatewayScene.start(budget, { upstream: 'http://127.0.0.1:9' });
    expect((await scene.ask({ token: scene.token })).json.error.message).toMatch(/ECONNREFUSED/);
    await until(async () => (await usedOf(scene, 'nanos')) === 0);
  });

  test('is corrected upwards by an answer that used more', async () => {
    const usage = {
      input_tokens: 1000,
      output_tokens: 10,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 100,
    };
    const body = { type: 'message', model: 'claude-haiku-4-5', usage };
    const answer = { status: 200, body, headers: { 'content-type': 'application/json' } };
    const scene = await GatewayScene.start(budget, { standin: { answer } });
    await scene.ask({ token: scene.token });
    expect(await usedOf(scene, 'nanos')).toBe(1000 * 1000 + 10 * 5000 + 1000 * 100 + 100 * 1250);
  });

  test('for a batch is half, and becomes what its results say, once', async () => {
    const scene = await GatewayScene.start(budget);
    const { token } = scene;
    const path = '/v1/messages/batches';
    const requests = ['a', 'b'].map((custom_id) => ({ custom_id, params: HELLO }));
    const size = JSON.stringify({ requests }).length;
    const { json: batch } = await scene.ask({ token, path, body: { requests } });
    expect(await usedOf(scene, 'nanos')).toBe(2 * (Math.ceil(size / 3 / 2) * 50 + 10 * 250));
    for (let turn = 0; turn < 2; turn += 1) {
      const results = await scene.ask({ token, method: 'GET', path: `${path}/${batch.id}/results` });
      expect(results.body.toString().trim().split('\n')).toHaveLength(2);
      await until(async () => (await usedOf(scene, 'nanos')) === USED.nanos);
    }
    expect((await scene.log(3)).map(({ usd }) => usd)).toEqual([null, USED.nanos / 1e9, null]);
  });
});
