import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Organization } from '../support/organization.ts';
import { apiError, type Standin, startStandin } from '../support/standin/index.ts';

/** `rotate --due`: everything that is due, without a person. */
let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterEach(() => {
  api.setDisturbance(null);
  api.console.switchDelayMs = 0;
});
afterAll(() => api.stop());

const DAY_MS = 24 * 3_600_000;

/** Keys with one standby each, whose rotation is due. */
async function dueKeys(...names: string[]): Promise<Organization> {
  const organization = await Organization.with(
    api,
    Object.fromEntries(names.map((name) => [name, { rotateAfterDays: 30 }])),
  );
  for (const name of names) await addStandby(organization, name);
  organization.machine.now = new Date();
  await age(organization, names, 31.1);
  return organization;
}

async function addStandby(organization: Organization, name: string): Promise<string> {
  const secret = organization.make();
  const { code, stderr } = await organization.run(['standby', 'add', name], { stdin: secret });
  expect(code, stderr).toBe(0);
  return secret;
}

/** Makes the current secrets as old as that: the clock of the machine must stay the service's. */
async function age(organization: Organization, names: readonly string[], days: number): Promise<void> {
  const { changeRegistry } = await import('../../src/keys/registry.ts');
  await changeRegistry(organization.machine.context(), ({ registry, save }) => {
    for (const name of names) {
      const entry = registry.keys.get(name);
      if (entry) entry.current.addedAt = new Date(Date.now() - days * DAY_MS).toISOString();
    }
    save();
  });
}

const due = (organization: Organization, ...options: string[]) =>
  organization.json(['rotate', '--due', '--yes', ...options]);

describe('rotate --due', { timeout: 60_000 }, () => {
  test('replaces every secret that is due, and no other', async () => {
    const organization = await dueKeys('one', 'two');
    const young = organization.make();
    await organization.run(['add', 'young', '--rotate-after', '30'], { stdin: young });
    const before = organization.slots;
    const { code, document } = await due(organization);
    expect(code).toBe(0);
    expect(document.summary).toEqual({ due: 2, planned: 0, done: 2, blocked: 0, failed: 0, undecided: 0, busy: 0 });
    expect(document.results[0]).toMatchObject({ name: 'one', status: 'done', did: ['rotate'], why: 'due for 1 day' });
    expect(organization.slots).toEqual({ one: before['one@standby-1'], two: before['two@standby-1'], young });
    expect([before['one'], before['two']].map((secret) => organization.status(secret ?? ''))).toEqual([
      'inactive',
      'inactive',
    ]);
    expect((await due(organization)).document.results).toEqual([]);
  });

  test('--dry-run says the same and touches nothing', async () => {
    const organization = await dueKeys('one', 'two');
    const before = organization.slots;
    const calls = api.requests.length;
    const { code, document } = await organization.json(['rotate', '--due', '--dry-run']);
    expect(code).toBe(0);
    expect(document).toMatchObject({ dryRun: true, summary: { due: 2, planned: 2 } });
    expect(document.results.map(({ name, did }: { name: string; did: string[] }) => [name, did])).toEqual([
      ['one', ['rotate']],
      ['two', ['rotate']],
    ]);
    expect({ slots: organization.slots, calls: api.requests.length }).toEqual({ slots: before, calls });
    const text = await organization.run(['rotate', '--due', '--dry-run']);
    expect(text.stdout).toMatch(/^one +rotate +due for 1 day +planned +take standby 1/m);
  });

  test('asks first, and has nothing to ask when nothing is due', async () => {
    const organization = await dueKeys('one');
    expect((await organization.json(['rotate', '--due'])).document.error.code).toBe('confirmation_needed');
    await due(organization);
    expect(await organization.run(['rotate', '--due'])).toMatchObject({ code: 0, stderr: 'nothing is due\n' });
  });

  test('ends graces when they are over, and not before', async () => {
    const organization = await dueKeys('one');
    const { one = '' } = organization.slots;
    expect((await due(organization, '--retire', '30m')).document.results[0].status).toBe('done');
    expect(organization.status(one)).toBe('active');
    expect((await due(organization)).document.results).toEqual([]);
    const { changeRegistry } = await import('../../src/keys/registry.ts');
    await changeRegistry(organization.machine.context(), ({ registry, save }) => {
      Object.assign(registry.keys.get('one') ?? {}, {
        retirement: { at: new Date(Date.now() - 1_000).toISOString(), how: 'archive' },
      });
      save();
    });
    expect((await due(organization)).document.results[0]).toMatchObject({ did: ['retire'], status: 'done' });
    expect(organization.status(one)).toBe('archived');
  });

  test('ends a rotation that was interrupted', async () => {
    const organization = await dueKeys('one');
    const { 'one@standby-1': fresh = '' } = organization.slots;
    api.setKey(fresh, { answer: 'overloaded' });
    expect((await due(organization, '--timeout', '0')).code).toBe(5);
    expect(organization.entry('one')?.change).toMatchObject({ step: 'test' });
    api.setKey(fresh, { answer: null });
    expect((await due(organization)).document.results[0]).toMatchObject({ did: ['resume'], status: 'done' });
    expect(organization.slots).toEqual({ one: fresh });
  });

  test('says for whom a person is needed: exit 1', async () => {
    const organization = await dueKeys('one', 'two');
    await organization.run(['standby', 'remove', 'two', '1', '--yes']);
    const { code, document } = await due(organization);
    expect(code).toBe(1);
    expect(document.summary).toMatchObject({ due: 2, done: 1, blocked: 1 });
    expect(document.results[1].message).toContain('claude-keys standby add two');
    const text = await organization.run(['rotate', '--due', '--yes']);
    expect(text.stdout).toMatch(/^two +rotate +due for 1 day +blocked/m);
    expect(text.stderr).toContain('1 due: 1 blocked');
  });

  test('a standby that was deleted in the Console is passed over, and the next one taken', async () => {
    const organization = await dueKeys('one');
    const second = await addStandby(organization, 'one');
    api.console.delete(api.rowOf(organization.slots['one@standby-1'] ?? '').id);
    const { code, document } = await due(organization);
    expect({ code, warnings: document.results[0].warnings }).toEqual({
      code: 0,
      warnings: [
        expect.stringMatching(/^standby 1 of one .* is not in the Console .*: claude-keys standby remove one 1$/),
      ],
    });
    expect(organization.slots).toMatchObject({ one: second });
  });

  test('a secret that is about to expire is due, a quarter of a short life before', async () => {
    const organization = await Organization.with(api, {
      soon: { expiresAt: new Date(Date.now() + 20 * 3_600_000).toISOString() },
      short: { expiresAt: new Date(Date.now() + 3 * 3_600_000).toISOString() },
    });
    await age(organization, ['soon'], 100);
    const { document } = await organization.json(['rotate', '--due', '--dry-run']);
    expect(document.results.map(({ name, why }: Record<string, string>) => [name, why])).toEqual([
      ['soon', 'expires in 20 hours'],
    ]);
  });

  test.each([
    ['ahead of', 3],
    ['behind', -3],
  ])('with a clock that is %s the service by days does nothing', async (words, days) => {
    const organization = await dueKeys('one');
    await age(organization, ['one'], 40);
    organization.machine.now = new Date(Date.now() + 1.02 * days * DAY_MS);
    const before = organization.slots;
    const { code, document } = await due(organization);
    expect(code).toBe(5);
    expect(document.results[0]).toMatchObject({ status: 'undecided' });
    expect(document.results[0].message).toContain(`this machine's clock is 3 days ${words} the service's`);
    expect(organization.slots).toEqual(before);
  });

  test('a secret that was stored in the future is not due: the clock was turned back', async () => {
    const organization = await Organization.with(api, { one: { rotateAfterDays: 1 } });
    await age(organization, ['one'], -400);
    expect((await organization.json(['rotate', '--due', '--dry-run'])).document.results).toEqual([]);
    expect((await organization.json(['status'])).document.warnings).toContainEqual(
      expect.objectContaining({ code: 'clock_behind', key: 'one' }),
    );
  });

  test('many keys respect retry-after', async () => {
    const names = Array.from({ length: 6 }, (_, at) => `key-${at}`);
    const organization = await dueKeys(...names);
    const limit = apiError(429, 'rate_limit_error', 'Too many requests', { headers: { 'retry-after': '1' } });
    let limitedUntil = 0;
    let limits = 0;
    let early = 0;
    api.setDisturbance(({ path }) => {
      if (!path.startsWith('/v1/organizations/')) return null;
      if (Date.now() < limitedUntil - 50) early += 1;
      if (limits < 3 && Math.random() < 0.3) {
        limits += 1;
        limitedUntil = Date.now() + 1_000;
        return { answer: limit };
      }
      return null;
    });
    const argv = ['rotate', '--due', '--yes', '--jobs', '3'];
    const { code, stdout, stderr } = await organization.run(argv, {
      stdoutIsTTY: true,
      columns: 200,
      env: { NO_COLOR: '1' },
    });
    expect({ code, done: stdout.match(/ done /g)?.length }).toEqual({ code: 0, done: 6 });
    expect(stderr).toContain('4 of 6 keys done');
    // Those that were on their way when the limit came are no disrespect; more than the jobs would be.
    expect(early).toBeLessThanOrEqual(3 * 2);
  });

  test.each([
    [['rotate'], 'no name was given'],
    [['rotate', '--due', '--resume'], 'cannot be used together'],
    [['rotate', 'one', '--dry-run'], '--dry-run belongs to --due'],
    [['rotate', '--due', '--from-env', 'X'], '--from-env has no use with --due'],
    [['rotate', '--due', '--jobs', '0'], '--jobs takes a number'],
  ])('%j is a usage error', async (argv, message) => {
    const organization = await Organization.with(api, { one: {} });
    expect(await organization.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
