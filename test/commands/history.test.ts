import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Organization } from '../support/organization.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api.stop());

test('tells each rotation: when, from what to what, why, and how long each step took', async () => {
  const organization = await Organization.with(api, { prod: {} });
  const first = organization.entry('prod')?.current;
  const second = organization.make();
  await organization.run(['rotate', 'prod'], { stdin: second });
  await organization.run(['rotate', 'prod', '--rollback', '--yes']);
  await organization.run(['retire', 'prod']);
  const third = organization.make();
  await organization.run(['standby', 'add', 'prod'], { stdin: third });
  await organization.run(['rotate', 'prod', '--from-standby', '--archive']);
  const { document } = await organization.json(['history', 'prod']);
  const events = document.history.map((event: { event: string; why?: string; how?: string; standby?: boolean }) => [
    event.event,
    event.why ?? event.how,
    event.standby ?? false,
  ]);
  expect(events).toEqual([
    ['rotated', 'asked', false],
    ['rolled_back', 'rollback', false],
    ['retired', 'proven', false],
    ['rotated', 'asked', true],
    ['retired', 'archived', false],
  ]);
  const [rotated] = document.history;
  expect(rotated).toMatchObject({
    key: 'prod',
    from: { redacted: first?.redacted, fingerprint: first?.fingerprint },
    to: { redacted: `${second.slice(0, 16)}...${second.slice(-4)}` },
    took: { stage: expect.any(Number), test: expect.any(Number), promote: expect.any(Number) },
  });
  expect(JSON.stringify(document)).not.toContain(second.slice(20, 60));
  expect((await organization.run(['history', 'prod'])).stdout).toMatch(
    /retired +sk-ant-api03-\S+ +proven dead, archived/,
  );
});

test('follows a key through its names, and passes over lines that are none', async () => {
  const organization = await Organization.with(api, { prod: {}, other: {} });
  await organization.run(['rotate', 'prod', '--retire', 'never'], { stdin: organization.make() });
  await organization.run(['rename', 'prod', 'live']);
  await organization.run(['rotate', 'live'], { stdin: organization.make() });
  appendFileSync(organization.machine.context().paths.historyFile, '{"event":"rotat\n\n[]\nnull\n{"event":"later"}\n');
  const events = (await organization.json(['history', 'live'])).document.history.map(
    ({ event }: { event: string }) => event,
  );
  expect(events).toEqual(['rotated', 'retired', 'renamed', 'rotated']);
  expect((await organization.run(['history', 'other'])).stderr).toBe('other was never rotated\n');
  expect((await organization.json(['history', 'nobody'])).document.error.code).toBe('key_not_found');
  // Also when it is gone.
  await organization.run(['remove', 'live', '--yes']);
  expect((await organization.json(['history', 'live'])).code).toBe(0);
});
