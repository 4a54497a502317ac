import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { identify } from '../../src/keys/identify.ts';
import { Secret } from '../../src/keys/secret.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { Organization } from '../support/organization.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterEach(() => {
  api.setDisturbance(null);
  api.console.switchDelayMs = 0;
});
afterAll(() => api.stop());

/** Puts fresh keys on standby; gives them. */
async function onStandby(organization: Organization, name: string, count: number): Promise<string[]> {
  const secrets = Array.from({ length: count }, () => organization.make());
  for (const stdin of secrets) {
    const { code, stderr } = await organization.run(['standby', 'add', name], { stdin });
    expect(code, stderr).toBe(0);
  }
  return secrets;
}

describe('standby add', () => {
  test('tests a fresh key, stores it, and switches it off', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod = '' } = organization.slots;
    const fresh = organization.make();
    api.console.switchDelayMs = 300;
    const { code, document } = await organization.json(['standby', 'add', 'prod'], { stdin: fresh });
    expect(code).toBe(0);
    expect(document.standby).toMatchObject({ number: 1, slot: 'standby-1', state: 'ready' });
    expect(document.key.standby).toEqual({ ready: 1, total: 1 });
    expect(organization.slots).toEqual({ prod, 'prod@standby-1': fresh });
    expect(organization.status(fresh)).toBe('inactive');
    expect((await organization.json(['standby', 'list', 'prod'])).document.standby).toEqual([document.standby]);
  });

  test.each([
    ['the secret in use', (_: Organization, current: string) => current, 2, 'duplicate_secret'],
    ['a rejected key', () => makeKey(), 1, 'key_rejected'],
    ['an admin key', () => makeAdminKey(), 2, 'malformed_key'],
  ])('refuses %s', async (_, secret, code, error) => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod = '' } = organization.slots;
    const stdin = secret(organization, prod);
    expect(await organization.json(['standby', 'add', 'prod'], { stdin })).toMatchObject({
      code,
      document: { error: { code: error } },
    });
    expect(organization.slots).toEqual({ prod });
  });

  test('of another organization is refused', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const other = makeKey();
    api.addKey(other, { organizationId: 'org-other' });
    const result = await organization.json(['standby', 'add', 'prod'], { stdin: other });
    expect(result).toMatchObject({ code: 1, document: { error: { code: 'other_organization' } } });
  });

  test('needs an admin key, and says so before it asks', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const { code, stderr } = await machine.run(['standby', 'add', 'prod'], { env: { ANTHROPIC_BASE_URL: api.url } });
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('no admin key is stored') });
  });

  test('that cannot be switched off says so, and rotate --due does it later', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const fresh = organization.make();
    api.setDisturbance(({ method, path }) =>
      method === 'POST' && path.includes('api_keys') ? { answer: 'permission_error' } : null,
    );
    expect((await organization.json(['standby', 'add', 'prod'], { stdin: fresh })).code).toBe(1);
    expect((await organization.json(['status'])).document.warnings).toContainEqual(
      expect.objectContaining({ code: 'standby_unfinished', key: 'prod' }),
    );
    api.setDisturbance(null);
    const { code, document } = await organization.json(['rotate', '--due', '--yes']);
    expect({ code, did: document.results[0].did }).toEqual({ code: 0, did: ['settle'] });
    expect(organization.status(fresh)).toBe('inactive');
  });
});

describe('rotate --from-standby', () => {
  test('needs no person: the next one works, the old one is dead', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod: old = '' } = organization.slots;
    const [first = '', second = ''] = await onStandby(organization, 'prod', 2);
    api.console.switchDelayMs = 400;
    const { code, document } = await organization.json(['rotate', 'prod', '--from-standby']);
    expect(code).toBe(0);
    expect(document.steps.map(({ step, status }: Record<string, string>) => `${step} ${status}`)).toEqual([
      'stage done',
      'activate done',
      'test done',
      'promote done',
      'publish skipped',
      'retire done',
    ]);
    expect(document.previous.status).toBe('retired');
    expect(document.key).toMatchObject({ consoleId: api.rowOf(first).id, standby: { ready: 1, total: 1 } });
    expect(organization.slots).toEqual({ prod: first, 'prod@standby-2': second });
    expect([old, first, second].map((secret) => organization.status(secret))).toEqual([
      'inactive',
      'active',
      'inactive',
    ]);
    const warnings = (await organization.json(['status'])).document.warnings;
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'standby_low', message: 'prod has its last secret on standby' }),
    );
  });

  test('without one says what to do', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const { code, document } = await organization.json(['rotate', 'prod', '--from-standby']);
    expect({ code, error: document.error }).toMatchObject({
      code: 1,
      error: { code: 'no_standby', hint: expect.stringContaining('claude-keys standby add prod') },
    });
  });

  test.each([
    ['deleted in the Console', (id: string) => api.console.delete(id), 'was deleted in the Console'],
    ['archived in the Console', (id: string) => api.console.set(id, { status: 'archived' }), 'is archived'],
    ['over', (id: string) => api.console.set(id, { expiresAt: new Date().toISOString() }), 'is expired'],
  ])('one that is %s leaves the key as it was', async (_, spoil, message) => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod: old = '' } = organization.slots;
    const [fresh = ''] = await onStandby(organization, 'prod', 1);
    const { id } = api.rowOf(fresh);
    spoil(id);
    const { code, document } = await organization.json(['rotate', 'prod', '--from-standby']);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'standby_unusable' });
    expect(document.error.message).toContain(message);
    expect(organization.slots).toEqual({ prod: old, 'prod@standby-1': fresh });
    expect(organization.entry('prod')?.change).toBeNull();
    expect((await organization.run(['standby', 'remove', 'prod', '1', '--yes'])).code).toBe(0);
    expect(organization.slots).toEqual({ prod: old });
  });

  test.each(['expires', 'is deleted'])(
    'one that %s between its switch and its test leaves the key as it was',
    async (how) => {
      const organization = await Organization.with(api, { prod: {} });
      const { prod: old = '' } = organization.slots;
      const [fresh = ''] = await onStandby(organization, 'prod', 1);
      const { id } = api.rowOf(fresh);
      const { fingerprint } = identify(new Secret(fresh));
      api.setDisturbance((request) => {
        // Its first test: the switch has been made.
        if (request.fingerprint !== fingerprint) return null;
        if (how === 'expires') api.console.set(id, { expiresAt: new Date().toISOString() });
        else api.console.delete(id);
        return null;
      });
      const { code, document } = await organization.json(['rotate', 'prod', '--from-standby', '--timeout', '0']);
      expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'key_rejected' });
      expect(document.error.message).toContain('revoked, switched off, expired');
      expect(organization.slots).toEqual({ prod: old, 'prod@standby-1': fresh });
      expect(organization.status(old)).toBe('active');
      expect(organization.entry('prod')).toMatchObject({ change: null, pending: null });
      // Tried again, it is seen before anything is staged.
      api.setDisturbance(null);
      const again = await organization.json(['rotate', 'prod', '--from-standby']);
      expect(again.document.error.code).toBe(how === 'expires' ? 'no_standby' : 'standby_unusable');
      expect(organization.slots.prod).toBe(old);
    },
  );

  test('that does not come to work is switched off again and stays on standby', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod: old = '' } = organization.slots;
    const [fresh = ''] = await onStandby(organization, 'prod', 1);
    api.setKey(fresh, { answer: 'authentication_error' });
    const { code, document } = await organization.json(['rotate', 'prod', '--from-standby', '--timeout', '0']);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'key_rejected' });
    expect(organization.slots).toEqual({ prod: old, 'prod@standby-1': fresh });
    expect(organization.status(fresh)).toBe('inactive');
    expect(organization.entry('prod')?.standby).toMatchObject([{ number: 1, state: 'ready' }]);
  });

  test('--abort of one that waits for its test does the same', async () => {
    const organization = await Organization.with(api, { prod: {} });
    const { prod: old = '' } = organization.slots;
    const [fresh = ''] = await onStandby(organization, 'prod', 1);
    api.setKey(fresh, { answer: 'overloaded' });
    expect((await organization.json(['rotate', 'prod', '--from-standby', '--timeout', '0'])).code).toBe(5);
    expect(organization.slots).toEqual({ prod: old, 'prod@pending': fresh, 'prod@standby-1': fresh });
    expect((await organization.json(['rotate', 'prod', '--abort'])).code).toBe(0);
    expect(organization.slots).toEqual({ prod: old, 'prod@standby-1': fresh });
    expect(organization.status(fresh)).toBe('inactive');
  });
});

test('remove and rename take the standbys along', async () => {
  const organization = await Organization.with(api, { prod: {} });
  const { prod = '' } = organization.slots;
  const [fresh = ''] = await onStandby(organization, 'prod', 1);
  await organization.run(['rename', 'prod', 'live']);
  expect(organization.slots).toEqual({ live: prod, 'live@standby-1': fresh });
  await organization.run(['remove', 'live', '--yes']);
  expect(organization.slots).toEqual({});
});

test.each([
  [['standby', 'remove', 'prod'], 'takes NAME and NUMBER'],
  [['standby', 'add', 'prod', '1'], 'takes NAME'],
  [['standby', 'remove', 'prod', '7', '--yes'], 'no standby with the number 7'],
])('%j is told what it takes', async (argv, message) => {
  const organization = await Organization.with(api, { prod: {} });
  expect(await organization.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
