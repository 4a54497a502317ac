import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { TestMachine, temporaryFolder } from '../support/host.ts';
import { type Github, startGithub } from '../support/managers/github.ts';
import { type Google, startGoogle } from '../support/managers/google.ts';
import { type Kubernetes, startKubernetes } from '../support/managers/kubernetes.ts';
import { type RunningStandin, startVaultStandin } from '../support/managers/vault-standin.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

vi.setConfig({ testTimeout: 60_000 });

let vault: RunningStandin;
let google: Google;
let github: Github;
let kubernetes: Kubernetes;
let api: Standin;
beforeAll(async () => {
  [vault, google, github, kubernetes, api] = await Promise.all([
    startVaultStandin(),
    startGoogle(),
    startGithub(),
    startKubernetes(),
    startStandin(),
  ]);
});
afterAll(() => Promise.all([vault, google, github, kubernetes, api].map((server) => server?.stop())));

const VAULT = 'vault://secret/app';
const GOOGLE = 'gcp-sm://test-project/app';
const GITHUB = 'gh-secret://acme/app/ANTHROPIC_API_KEY';
const KUBERNETES = 'k8s://apps/claude#api-key';

let machine: TestMachine;
let old: string;
let fresh: string;
beforeEach(async () => {
  machine = new TestMachine();
  vault.vault.secrets.clear();
  google.book.secrets.clear();
  github.secrets.clear();
  kubernetes.secrets.clear();
  kubernetes.denied.clear();
  [old, fresh] = [makeKey(), makeKey()];
  for (const key of [old, fresh]) api.addKey(key);
  process.env['KUBECONFIG'] = kubernetes.writeConfig(temporaryFolder());
  expect(await run(['add', 'prod'], { stdin: old })).toMatchObject({ code: 0 });
});

/** With `--verbose`: whatever is said, it is no secret. */
async function run(argv: string[], { stdin = '', env = {} }: { stdin?: string; env?: Record<string, string> } = {}) {
  const all = { ...vault.env, ...google.env, ...github.env, ANTHROPIC_BASE_URL: api.url, ...env };
  const result = await machine.run([...argv, '--verbose'], { env: all, stdin });
  for (const key of argv[0] === 'print' ? [] : [old, fresh]) expect(result.stdout + result.stderr).not.toContain(key);
  return result;
}

/** Nor does a file of this program hold one. */
afterEach(() => {
  for (const file of readdirSync(machine.home, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(machine.home, file)).isFile()) {
      const text = readFileSync(join(machine.home, file), 'utf8');
      for (const key of [old, fresh]) expect(text).not.toContain(key);
    }
  }
});

async function link(...uris: string[]): Promise<void> {
  for (const uri of uris) {
    const result = await run(['link', 'prod', uri]);
    expect(result, result.stderr).toMatchObject({ code: 0 });
  }
}

/** What each target holds. */
const held: Readonly<Record<string, () => unknown>> = {
  [VAULT]: () => vault.vault.secrets.get('app')?.versions.at(-1)?.data?.['value'],
  [GOOGLE]: () => google.book.textOf('projects/test-project/secrets/app'),
  [GITHUB]: () => github.secrets.get('ANTHROPIC_API_KEY')?.value,
  [KUBERNETES]: () => Buffer.from(kubernetes.secrets.get('claude')?.data['api-key'] ?? '', 'base64').toString('utf8'),
};

const statusOf = async (...argv: string[]) => {
  const { code, stdout } = await run(['status', '--targets', '--json', ...argv]);
  const targets = JSON.parse(stdout).keys[0].targets as { uri: string; status: string; redacted: string | null }[];
  return { code, statuses: Object.fromEntries(targets.map(({ uri, status }) => [uri, status])), targets };
};

describe.each([VAULT, GOOGLE, GITHUB, KUBERNETES])('%s as a target', (uri) => {
  test('gets the key when it is linked, and the new one in a rotation', async () => {
    await link(uri);
    expect(held[uri]?.()).toBe(old);
    expect(await statusOf()).toMatchObject({ code: 0, statuses: { [uri]: 'in_step' } });
    const rotated = await run(['rotate', 'prod', '--json'], { stdin: fresh });
    expect(rotated, rotated.stderr).toMatchObject({ code: 0 });
    expect(JSON.parse(rotated.stdout).steps).toContainEqual(
      expect.objectContaining({ step: 'publish', status: 'done' }),
    );
    expect(held[uri]?.()).toBe(fresh);
    expect(await statusOf()).toMatchObject({ code: 0, statuses: { [uri]: 'in_step' } });
    const { stdout } = await run(['status', '--json']);
    expect(JSON.parse(stdout).keys[0].targets).toEqual([
      expect.objectContaining({ uri, redacted: `${fresh.slice(0, 16)}...${fresh.slice(-4)}` }),
    ]);
    expect(stdout).not.toContain(fresh);
  });

  test('that somebody else changed is not written over without a yes', async () => {
    await link(uri);
    const theirs = makeKey();
    if (uri === VAULT)
      vault.vault.secrets.get('app')?.versions.push({ data: { value: theirs }, createdAt: '', destroyed: false });
    else if (uri === GOOGLE)
      google.book.AddSecretVersion({
        parent: 'projects/test-project/secrets/app',
        payload: { data: Buffer.from(theirs) },
      });
    else if (uri === GITHUB)
      github.secrets.set('ANTHROPIC_API_KEY', { value: theirs, updatedAt: '2026-12-01T00:00:00Z' });
    else
      Object.assign(kubernetes.secrets.get('claude')?.data ?? {}, {
        'api-key': Buffer.from(theirs).toString('base64'),
      });
    expect(await statusOf()).toMatchObject({ code: 1, statuses: { [uri]: 'differs' } });
    const rotated = await run(['rotate', 'prod'], { stdin: fresh });
    expect(rotated, rotated.stderr).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`claude-keys push prod ${uri} --yes`),
    });
    expect(held[uri]?.()).toBe(theirs);
    expect((await run(['push', 'prod', uri])).code).toBe(2);
    expect(held[uri]?.()).toBe(theirs);
    expect(await run(['push', 'prod', uri, '--yes'])).toMatchObject({ code: 0 });
    expect(await run(['rotate', 'prod', '--resume'])).toMatchObject({ code: 0 });
    expect(held[uri]?.()).toBe(fresh);
  });
});

describe('a target that is down', () => {
  const down = { env: { VAULT_ADDR: 'http://127.0.0.1:1' } };

  test('stops the rotation before the old secret is retired; --resume ends it', async () => {
    await link(VAULT, GITHUB);
    const rotated = await run(['rotate', 'prod', '--retire', 'now'], { ...down, stdin: fresh });
    expect(rotated, rotated.stderr).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('1 of 2 targets has not got it'),
    });
    expect(held[GITHUB]?.()).toBe(fresh);
    expect(held[VAULT]?.()).toBe(old);
    expect(machine.keychain.slots.get('prod@previous')?.reveal()).toBe(old);
    expect((await run(['print', 'prod'])).stdout).toBe(`${fresh}\n`);
    api.setKey(old, { state: 'inactive' });
    expect((await run(['retire', 'prod', '--yes'])).code).not.toBe(0);
    const resumed = await run(['rotate', 'prod', '--resume']);
    expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
    expect(held[VAULT]?.()).toBe(fresh);
    expect(machine.keychain.slots.has('prod@previous')).toBe(false);
  });

  test('is caught up with by rotate --due', async () => {
    await link(VAULT);
    expect((await run(['rotate', 'prod'], { ...down, stdin: fresh })).code).toBe(5);
    const due = await run(['rotate', '--due', '--yes']);
    expect(due, due.stderr).toMatchObject({ code: 0 });
    expect(held[VAULT]?.()).toBe(fresh);
    expect(await statusOf()).toMatchObject({ code: 0 });
  });

  test('or behind keeps retire from ending the old secret', async () => {
    await link(VAULT);
    await run(['rotate', 'prod'], { stdin: fresh });
    api.setKey(old, { state: 'inactive' });
    expect(await run(['retire', 'prod', '--yes'], down)).toMatchObject({ code: 5 });
    vault.vault.secrets.get('app')?.versions.push({ data: { value: old }, createdAt: '', destroyed: false });
    const behind = await run(['retire', 'prod', '--yes']);
    expect(behind).toMatchObject({ code: 1, stderr: expect.stringContaining('still has an older secret') });
    expect(await statusOf()).toMatchObject({ code: 1, statuses: { [VAULT]: 'behind' } });
    expect(await run(['push', 'prod'])).toMatchObject({ code: 0 });
    expect(await run(['retire', 'prod', '--yes'])).toMatchObject({ code: 0 });
    // The target keeps the dead one no longer.
    expect(vault.vault.secrets.get('app')?.notes).not.toHaveProperty('claude-keys-previous-version');
  });

  test('is told by status --targets with exit 5', async () => {
    await link(VAULT);
    const { code, stdout } = await run(['status', '--targets'], down);
    expect(code).toBe(5);
    expect(stdout).toMatch(/\? vault:\/\/secret\/app {2}.*connection refused/);
  });
});

test('what somebody else has staged at a target is not lost without a push', async () => {
  await link(VAULT);
  const theirs = makeKey();
  const data = { value: old, 'value@pending': theirs };
  vault.vault.secrets.get('app')?.versions.push({ data, createdAt: '', destroyed: false });
  const rotated = await run(['rotate', 'prod'], { stdin: fresh });
  expect(rotated, rotated.stderr).toMatchObject({ code: 4, stderr: expect.stringContaining('already staged') });
  expect(await run(['push', 'prod', '--yes'])).toMatchObject({ code: 0 });
  expect(await run(['rotate', 'prod', '--resume'])).toMatchObject({ code: 0 });
  expect(vault.vault.secrets.get('app')?.versions.at(-1)?.data).toEqual({ value: fresh });
});

describe('link, unlink and pull', () => {
  test.each([
    ['a target twice', VAULT, /is linked to prod already/],
    ['what is no address', 'nothing', /no address of a target/],
  ])('link refuses %s', async (_, uri, said) => {
    await link(VAULT);
    expect(await run(['link', 'prod', uri])).toMatchObject({ code: 2, stderr: expect.stringMatching(said) });
  });

  test('link leaves alone what holds another key, and says so', async () => {
    const theirs = makeKey();
    vault.vault.secrets.set('app', {
      versions: [{ data: { value: theirs }, createdAt: '', destroyed: false }],
      notes: {},
    });
    const linked = await run(['link', 'prod', VAULT]);
    expect(linked).toMatchObject({ code: 0, stderr: expect.stringContaining(`claude-keys push prod ${VAULT}`) });
    expect(held[VAULT]?.()).toBe(theirs);
  });

  test('pull takes over the key of a target, tested, with the one before kept', async () => {
    await link(VAULT, GITHUB);
    vault.vault.secrets.get('app')?.versions.push({ data: { value: fresh }, createdAt: '', destroyed: false });
    expect((await run(['pull', 'prod'])).code).toBe(2);
    const pulled = await run(['pull', 'prod', VAULT]);
    expect(pulled, pulled.stderr).toMatchObject({ code: 0 });
    expect((await run(['print', 'prod'])).stdout).toBe(`${fresh}\n`);
    expect(machine.keychain.slots.get('prod@previous')?.reveal()).toBe(old);
    expect(held[GITHUB]?.()).toBe(fresh);
    expect(await run(['pull', 'prod', GITHUB])).toMatchObject({ code: 2, stderr: expect.stringContaining('not read') });
  });

  test('unlink leaves what is there, and publishes no more', async () => {
    await link(VAULT);
    expect(await run(['unlink', 'prod', VAULT])).toMatchObject({ code: 0 });
    await run(['rotate', 'prod'], { stdin: fresh });
    expect(held[VAULT]?.()).toBe(old);
    expect(await run(['push', 'prod'])).toMatchObject({ code: 2 });
  });

  test('other keys of a Secret stay, and a missing permission is named', async () => {
    kubernetes.secrets.set('claude', { data: { other: 'eA==' }, annotations: { theirs: '1' }, version: 7 });
    await link(KUBERNETES);
    expect(kubernetes.secrets.get('claude')).toMatchObject({ data: { other: 'eA==' }, annotations: { theirs: '1' } });
    expect(JSON.stringify(kubernetes.secrets.get('claude')?.annotations)).not.toContain(old);
    kubernetes.denied.add('patch');
    const rotated = await run(['rotate', 'prod'], { stdin: fresh });
    expect(rotated).toMatchObject({ code: 4, stderr: expect.stringContaining('the verb patch on secrets is missing') });
  });

  test('a token that GitHub does not accept, and none', async () => {
    for (const GH_TOKEN of ['wrong', '']) {
      expect(await run(['link', 'prod', GITHUB], { env: { GH_TOKEN } })).toMatchObject({
        code: 4,
        stderr: expect.stringContaining('token'),
      });
    }
    expect((await statusOf()).targets).toEqual([]);
  });
});
