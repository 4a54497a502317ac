import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nanosOfCents } from '../../src/anthropic/admin/analytics.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { WORKSPACE } from '../support/standin/index.ts';
import { daysAgo, type Scene, usageScene, useSteadily } from './scene.ts';

/** A line of the gateway's access log. */
const accessLine = (line: object) => `${JSON.stringify({ ...ACCESS, ...line })}\n`;
const ACCESS = {
  requestId: 'req_1',
  grant: 'grant_1',
  label: 'ci',
  key: 'ci',
  endpoint: 'messages',
  method: 'POST',
  model: 'claude-haiku-5-5',
  status: 200,
  refusal: null,
  tokens: { input: 1_000, output: 200, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0 },
  usd: 5,
  estimated: false,
  latencyMs: 100,
  firstByteMs: 50,
};

const documentOf = async (scene: Scene, ...argv: string[]) =>
  JSON.parse((await scene.run(['usage', '--json', ...argv])).stdout);

describe('usage', () => {
  test('joins the reports with the names of the keys here, and compares with the time before', async () => {
    const scene = await usageScene();
    useSteadily(scene);
    scene.api.analytics.add({ day: daysAgo(1), keyId: scene.id('ci'), model: 'claude-opus-5-5', cents: '178.5' });
    const document = await documentOf(scene);
    expect(document).toMatchObject({
      from: '2026-11-18T00:00:00.000Z',
      to: '2026-11-25T00:00:00.000Z',
      by: 'key',
      refreshedAt: '2026-11-24T06:00:00Z',
      sources: ['admin'],
      unused: [],
    });
    expect(document.rows).toEqual([
      {
        name: 'production',
        requests: 840,
        inputTokens: 2_800_000,
        outputTokens: 630_000,
        cacheReadTokens: 7_000_000,
        cacheWriteTokens: 0,
        totalTokens: 10_430_000,
        usd: 14,
        previousUsd: 14,
        change: 0,
        share: 14 / 17.57,
      },
      expect.objectContaining({
        name: 'ci',
        requests: 210,
        cacheWriteTokens: 7_000,
        usd: 3.57,
        previousUsd: 1.785,
        change: 1,
      }),
    ]);
    expect(document.total).toMatchObject({ requests: 1_050, usd: 17.57, previousUsd: 15.785 });
  });

  test.each([
    ['model', ['claude-sonnet-5-5', 'claude-haiku-5-5']],
    ['workspace', [WORKSPACE.name, null]],
    ['day', [6, 5, 4, 3, 2, 1, 0].map(daysAgo)],
  ])('by %s', async (by, names) => {
    const scene = await usageScene();
    useSteadily(scene);
    const { rows } = await documentOf(scene, '--by', by);
    expect(rows.map(({ name }: { name: string }) => name)).toEqual(names);
  });

  test('asks for 31 days at a time, page after page, and counts every row once', async () => {
    const scene = await usageScene();
    for (let ago = 0; ago < 40; ago += 1) {
      for (let key = 0; key < 60; key += 1) {
        scene.api.analytics.add({ day: daysAgo(ago), keyId: `apikey_${key}`, requests: 1, cents: '0.1' });
      }
    }
    const { total } = await documentOf(scene, '--since', '40d');
    expect(total).toMatchObject({ requests: 2_400, usd: 2.4 });
    const asked = scene.api.requests.filter(({ path }) => path.startsWith('/v1/organizations/analytics/usage'));
    const ranges = new Set(asked.map(({ path }) => new URL(path, 'http://x').searchParams.get('starting_at')));
    expect(ranges.size).toBeGreaterThan(1);
    expect(asked.length).toBeGreaterThan(ranges.size);
  });

  test('tells the days that cost far more than a day of that key, and no steady growth', async () => {
    const scene = await usageScene();
    useSteadily(scene);
    scene.api.analytics.add({ day: daysAgo(2), keyId: scene.id('ci'), model: 'claude-opus-5-5', cents: '1900' });
    for (let ago = 40; ago >= 0; ago -= 1) {
      scene.api.analytics.add({ day: daysAgo(ago), keyId: 'apikey_grows', cents: String(1_000 * 1.05 ** (40 - ago)) });
    }
    expect((await documentOf(scene)).spikes).toEqual([{ key: 'ci', day: daysAgo(2), usd: 19.255, usualUsd: 0.255 }]);
  });

  test('names the keys that nobody used for 30 days, but none that is newer', async () => {
    const scene = await usageScene();
    const { api, machine, id } = scene;
    api.analytics.add({ day: daysAgo(31), keyId: id('ci'), requests: 5, cents: '1' });
    api.analytics.add({ day: daysAgo(29), keyId: id('production'), requests: 5, cents: '1' });
    await storeKey(machine, 'fresh');
    expect((await documentOf(scene)).unused).toEqual(['ci']);
    const { stdout } = await scene.run(['usage']);
    expect(stdout).toContain('unused: for 30 days: ci\n');
  });

  test('adds what the gateway counted since the reports end', async () => {
    const scene = await usageScene();
    useSteadily(scene);
    const log = [
      accessLine({ time: '2026-11-24T05:59:59.000Z' }),
      accessLine({ time: '2026-11-24T08:00:00.000Z' }),
      accessLine({ time: '2026-11-24T09:00:00.000Z', tokens: null, usd: null }),
      // Broken off before the service said anything: it may have cost what was set aside.
      accessLine({ time: '2026-11-24T09:30:00.000Z', tokens: null, usd: 0.5, estimated: true }),
      '{"time":"2026-11-24T10:0',
    ];
    writeFileSync(join(scene.machine.home, 'claude-keys', 'gateway.jsonl'), log.join(''));
    const { rows, sources } = await documentOf(scene);
    expect(sources).toEqual(['admin', 'gateway']);
    expect(rows[1]).toMatchObject({ name: 'ci', requests: 212, usd: 7.285 });
  });

  test('without an admin key shows what the gateway counted, and says so', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const { code, stderr } = await machine.run(['usage']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no admin key is stored')]);
    const line = accessLine({ time: '2026-11-24T08:00:00.000Z', key: 'prod', usd: 1.5 });
    writeFileSync(join(machine.home, 'claude-keys', 'gateway.jsonl'), line);
    const { stdout } = await machine.run(['usage']);
    expect(stdout).toMatch(/^prod +1 +1\.2k +\$1\.50 +new/m);
    expect(stdout).toContain("the gateway's count, by list prices");
  });

  test.each([
    ['the service refuses the admin key', 'authentication_error', 1],
    ['the service is overloaded for long', 'html_404', 5],
  ] as const)('%s', async (_, answer, code) => {
    const scene = await usageScene();
    scene.api.setAnswer(answer);
    expect((await scene.run(['usage'])).code).toBe(code);
  });

  test.each([
    [['usage', '--json', '--csv']],
    [['usage', '--watch']],
    [['usage', '--watch', '--check']],
    [['usage', '--since', 'tomorrow']],
    [['usage', '--since', '400d']],
    [['usage', '--by', 'colour']],
    [['budget', 'set', 'production']],
    [['budget', 'set', 'production', 'lots']],
    [['budget', 'unset', 'production']],
    [['budget', 'list', 'production']],
  ])('%j is a mistake', async (argv) => {
    expect((await (await usageScene()).run(argv)).code).toBe(2);
  });
});

describe('what is shown', () => {
  test.each([60, 80, 120])('fits %i columns', async (columns) => {
    const scene = await usageScene();
    useSteadily(scene);
    scene.api.analytics.add({
      day: daysAgo(1),
      keyId: 'apikey_with-a-name-that-is-as-long-as-names-are',
      cents: '123456789.5',
    });
    for (const by of ['key', 'model', 'workspace', 'day']) {
      const { stdout } = await scene.run(['usage', '--since', '90d', '--by', by], { stdoutIsTTY: true, columns });
      const body = stdout
        .split('\n')
        .filter((line) => !/^(?:\$|[\d,]+ requests|budget|spike|unused| {2}next|the service)/.test(line));
      expect(Math.max(...body.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    }
  });

  test('is CSV that a spreadsheet takes for no formula', async () => {
    const scene = await usageScene();
    const row = scene.api.console.add(null, {
      name: '=HYPERLINK("x"),\n',
      organizationId: scene.api.console.rows[0]?.organizationId ?? '',
    });
    scene.api.analytics.add({ day: daysAgo(0), keyId: row.id, requests: 2, input: 10, output: 3, cents: '12.5' });
    expect((await scene.run(['usage', '--csv'])).stdout).toBe(
      'key,requests,inputTokens,outputTokens,cacheReadTokens,cacheWriteTokens,usd\r\n"\'=HYPERLINK(""x""),\n",2,10,3,0,0,0.125\r\n',
    );
  });

  test('is a page of its own, that only its owner may read', async () => {
    const scene = await usageScene();
    useSteadily(scene);
    const row = scene.api.console.add(null, {
      name: '<script>alert(1)</script>',
      organizationId: scene.api.console.rows[0]?.organizationId ?? '',
    });
    scene.api.analytics.add({ day: daysAgo(0), keyId: row.id, cents: '0.4' });
    const { code, stdout } = await scene.run(['usage', '--html', 'usage.html']);
    expect([code, stdout]).toEqual([0, '']);
    const file = join(scene.machine.home, 'usage.html');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const page = readFileSync(file, 'utf8');
    expect(page).not.toMatch(/<script|\bsrc=|href=|url\(|@import/);
    expect(page).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(page).toContain('<title>2026-11-24: $2.26</title>');
  });
});

describe('budgets', () => {
  test.each([
    ['100/month', 'ok', 0],
    ['50/month', 'will_pass', 1],
    ['40/month', 'passed', 1],
    ['5/day', 'ok', 0],
    ['3/day', 'will_pass', 1],
    ['1/day', 'passed', 1],
  ])('%s of production: %s', async (amount, state, code) => {
    const scene = await usageScene();
    useSteadily(scene);
    expect((await scene.run(['budget', 'set', 'production', amount])).code).toBe(0);
    const result = await scene.run(['usage', '--check', '--quiet']);
    expect([result.code, result.stdout, result.stderr !== '']).toEqual([code, '', code === 1]);
    expect((await documentOf(scene)).budgets).toMatchObject([{ name: 'production', state }]);
  });

  test('of all keys together, also of those that nobody here holds', async () => {
    const scene = await usageScene();
    useSteadily(scene);
    await scene.run(['budget', 'set', 'all', '60/month']);
    expect((await scene.run(['usage', '--check'])).code).toBe(1);
    await scene.run(['budget', 'set', 'all', '600/month']);
    expect((await scene.run(['usage', '--check'])).code).toBe(0);
    expect(JSON.parse((await scene.run(['budget', 'list', '--json'])).stdout)).toEqual({
      budgets: [{ name: 'all', usd: 600, per: 'month' }],
    });
    expect((await scene.run(['budget', 'unset', 'all'])).code).toBe(0);
    expect(JSON.parse((await scene.run(['budget', 'list', '--json'])).stdout)).toEqual({ budgets: [] });
  });

  test('of a key that is not there is refused', async () => {
    expect((await (await usageScene()).run(['budget', 'set', 'nobody', '5/day'])).code).toBe(3);
  });
});

test.each([
  ['0', 0],
  ['12.5', 125_000_000],
  ['0.0000001', 1],
  ['178.123456789', 1_781_234_568],
  ['-3', -30_000_000],
  ['1e3', null],
  ['', null],
  [12, null],
])('%j cents are %j billionths of a dollar', (text, nanos) => {
  expect(nanosOfCents(text)).toBe(nanos);
});
