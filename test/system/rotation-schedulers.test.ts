import { expect, test } from 'vitest';
import { historyOf } from '../../src/keys/history.ts';
import { type Family, RotationWorld } from '../support/rotation-world.ts';
import { apiError } from '../support/standin/index.ts';

const RUN = ['rotate', '--due', '--yes'] as const;

test('two schedulers at once, 20 times: one rotates, the other reports it', { timeout: 300_000 }, async () => {
  const world = await RotationWorld.start('file', ['prod']);
  const [family] = world.families as [Family];
  const seen: Record<string, number> = {};
  for (let time = 0; time < 20; time += 1) {
    world.reset();
    const results = await Promise.all([world.json([...RUN]), world.json([...RUN])]);
    const outcomes = results.map(({ document }) => document.error?.code ?? `${document.summary.done} done`).sort();
    seen[outcomes.join()] = (seen[outcomes.join()] ?? 0) + 1;
    expect(historyOf(world.context(), 'prod').filter(({ event }) => event === 'rotated')).toHaveLength(1);
    expect(world.stored().get('prod')).toBe(family.standbys[0]);
    expect(world.entry('prod').standby).toHaveLength(1);
  }
  // One that began when the other had ended found nothing to do, which is as right.
  expect(Object.keys(seen).filter((outcomes) => !['1 done,busy', '0 done,1 done'].includes(outcomes))).toEqual([]);
  expect(seen['1 done,busy'] ?? 0).toBeGreaterThan(5);
});

test('500 keys in the Console, 100 of them due: few at a time, and as late as the service asks', {
  timeout: 300_000,
}, async () => {
  const jobs = 6;
  const world = await RotationWorld.start(
    'file',
    Array.from({ length: 100 }, (_, at) => `key-${at}`),
  );
  const { api } = world;
  for (let more = api.console.rows.length; more < 500; more += 1) {
    api.console.add(null, { organizationId: api.rowOf(world.families[0]?.old ?? '').organizationId });
  }
  const dry = (await world.json(['rotate', '--due', '--dry-run'])).document;
  expect(dry.summary).toMatchObject({ due: 100, planned: 100 });
  expect(api.requests).toEqual([]);

  const limit = apiError(429, 'rate_limit_error', 'Too many requests', { headers: { 'retry-after': '1' } });
  let limits = 0;
  let limitedAt = 0;
  let early = 0;
  api.setDisturbance(({ path, number }) => {
    if (!path.startsWith('/v1/organizations/')) return null;
    if (Date.now() - limitedAt < 900) early += 1;
    if (number < 200 * (limits + 1)) return null;
    limits += 1;
    limitedAt = Date.now();
    return { answer: limit };
  });
  const { code, stdout, stderr } = await world.run([...RUN, '--jobs', String(jobs)]);
  expect(code, stdout).toBe(0);
  expect(stderr).toContain('100 due: 100 done');
  expect(stdout.match(/^key-\d+ +rotate +due for 10 days +done /gm)).toHaveLength(100);
  expect(limits).toBeGreaterThan(3);
  // What was on its way when the limit came, and nothing else.
  expect(early).toBeLessThanOrEqual(limits * jobs);
  expect(api.most).toBeLessThanOrEqual(jobs);
  for (const { old, standbys } of world.families) {
    expect([old, ...standbys].map((secret) => world.isActive(secret))).toEqual([false, true, false]);
  }
  // Every name that was planned, and no other.
  expect(dry.results.map(({ name }: { name: string }) => name).sort()).toEqual(
    world.families.map(({ name }) => name).sort(),
  );
});
