import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeAdminKey, makeKey, makeOauthToken } from '../support/secrets.ts';
import { type AnswerName, DEFAULT_ORGANIZATION, type Standin, startStandin } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api.stop());

class Scene {
  readonly machine = new TestMachine();

  run(argv: readonly string[], options: TestOptions = {}) {
    return this.machine.run(argv, { ...options, env: { ANTHROPIC_BASE_URL: api.url, ...options.env } });
  }

  get names(): string[] {
    return [...readRegistry(this.machine.context()).keys.keys()];
  }
}

function goodKey(answer?: AnswerName): string {
  const key = makeKey();
  api.addKey(key, { answer: answer ?? null });
  return key;
}

describe('add', () => {
  test('stores a key that works and shows it redacted', async () => {
    const scene = new Scene();
    const key = goodKey();
    const result = await scene.run(
      [
        'add',
        'prod',
        '--env',
        'production',
        '--note',
        'the backend',
        '--expires',
        '30d',
        '--rotate-after',
        '90',
        '--default',
        '--json',
      ],
      { stdin: `${key}\n` },
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout)).toEqual({
      key: {
        name: 'prod',
        kind: 'api',
        environment: 'production',
        store: 'keychain',
        redacted: `${key.slice(0, 16)}...${key.slice(-4)}`,
        fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
        default: true,
        note: 'the backend',
        addedAt: '2026-11-24T12:00:00.000Z',
        expiresAt: '2026-12-24T12:00:00.000Z',
        rotateAfterDays: 90,
        rotateBy: '2027-02-22T12:00:00.000Z',
        lastCheck: { at: '2026-11-24T12:00:00.000Z', status: 'valid' },
        rotation: null,
        retireAt: null,
        standby: { ready: 0, total: 0 },
        organizationId: DEFAULT_ORGANIZATION,
        consoleId: null,
        workspace: expect.stringMatching(/^wrkspc_/),
        targets: [],
      },
    });
    expect(scene.machine.keychain.slots.get('prod')?.reveal()).toBe(key);
  });

  test.each([
    ['api', makeKey],
    ['admin', makeAdminKey],
    ['oauth', makeOauthToken],
  ] as const)('tells the kind %s by its prefix', async (kind, make) => {
    const scene = new Scene();
    const key = make();
    api.addKey(key);
    const result = await scene.run(['add', 'it', '--json'], { stdin: key });
    expect(JSON.parse(result.stdout).key).toMatchObject({ kind, lastCheck: { status: 'valid' } });
  });

  test('takes the secret from a variable, a file or the hidden prompt', async () => {
    const scene = new Scene();
    const [first, second, third] = [goodKey(), goodKey(), goodKey()];
    const file = join(scene.machine.home, 'key.txt');
    writeFileSync(file, Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${second}\r\n`, 'utf16le')]));
    const asked: string[] = [];
    const secret = async (question: string) => {
      asked.push(question);
      return third;
    };
    expect((await scene.run(['add', 'a', '--from-env', 'X'], { env: { X: first } })).code).toBe(0);
    expect((await scene.run(['add', 'b', '--from-file', 'key.txt'])).code).toBe(0);
    expect((await scene.run(['add', 'c'], { stdinIsTTY: true, prompter: { secret } })).code).toBe(0);
    expect(['a', 'b', 'c'].map((name) => scene.machine.keychain.slots.get(name)?.reveal())).toEqual([
      first,
      second,
      third,
    ]);
    expect(asked).toEqual(['Paste the key for c (it will not be shown)']);
  });

  test.each([
    ['authentication_error', 1, 'key_rejected', null],
    ['organization_on_hold', 1, 'key_rejected', null],
    ['credit_too_low', 0, null, 'no_credit'],
    ['rate_limit', 0, null, 'limited'],
    ['model_not_found', 0, null, 'model_unavailable'],
    ['permission_error', 0, null, 'forbidden'],
    ['overloaded', 0, null, 'unverified'],
    ['html_502', 0, null, 'unverified'],
  ] as const)('with the answer %s exits %i', async (answer, code, error, status) => {
    const scene = new Scene();
    const result = await scene.run(['add', 'prod', '--json'], { stdin: goodKey(answer) });
    expect(result.code, result.stderr).toBe(code);
    const document = JSON.parse(result.stdout);
    if (error === null) {
      expect(document.key.lastCheck.status).toBe(status);
      expect(result.stderr).toContain('warning: prod');
    } else {
      expect(document.error.code).toBe(error);
      expect(scene.names).toEqual([]);
      expect(scene.machine.keychain.slots.size).toBe(0);
    }
  });

  test('--no-verify asks nobody', async () => {
    const scene = new Scene();
    const before = api.requests.length;
    const result = await scene.run(['add', 'prod', '--no-verify', '--json'], { stdin: makeKey() });
    expect(JSON.parse(result.stdout).key.lastCheck).toBeNull();
    expect(api.requests.length).toBe(before);
  });

  test('refuses a secret that another key has, naming it, and a name that is taken', async () => {
    const scene = new Scene();
    const key = goodKey();
    await scene.run(['add', 'one'], { stdin: key });
    const twin = await scene.run(['add', 'two', '--json'], { stdin: key });
    expect(twin.code).toBe(2);
    expect(JSON.parse(twin.stdout).error).toMatchObject({
      code: 'duplicate_secret',
      message: 'this secret is already stored, as one',
    });
    const taken = await scene.run(['add', 'one'], { stdin: goodKey() });
    expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('there already is a key named one') });
    expect(scene.names).toEqual(['one']);
    expect(scene.machine.keychain.slots.get('one')?.reveal()).toBe(key);
  });

  test('--replace puts another secret in its place and keeps what is noted of the key', async () => {
    const scene = new Scene();
    await scene.run(['add', 'prod', '--note', 'mine'], { stdin: goodKey() });
    const key = goodKey();
    const result = await scene.run(['add', 'prod', '--replace', '--env', 'staging', '--json'], { stdin: key });
    expect(JSON.parse(result.stdout).key).toMatchObject({ note: 'mine', environment: 'staging', rotation: null });
    expect([...scene.machine.keychain.slots.entries()].map(([slot, secret]) => [slot, secret.reveal()])).toEqual([
      ['prod', key],
    ]);
  });
});

describe('where the secret goes', () => {
  const KEYCHAIN_GONE = { keychainUnavailable: 'there is no session bus' };

  test.each([
    ['the keychain', [], {}, 'keychain'],
    ['--store', ['--store', 'file'], {}, 'file'],
    ['CLAUDE_KEYS_STORE', [], { env: { CLAUDE_KEYS_STORE: 'file' } }, 'file'],
    ['--store over CLAUDE_KEYS_STORE', ['--store', 'keychain'], { env: { CLAUDE_KEYS_STORE: 'file' } }, 'keychain'],
    ['the file where there is no keychain', [], KEYCHAIN_GONE, 'file'],
  ] as const)('%s', async (_, argv, options, store) => {
    const scene = new Scene();
    const result = await scene.run(['add', 'prod', '--json', ...argv], { stdin: goodKey(), ...options });
    expect(JSON.parse(result.stdout).key.store).toBe(store);
    expect(scene.machine[store].slots.has('prod')).toBe(true);
  });

  test('says once that there is no keychain and where the keys go instead', async () => {
    const scene = new Scene();
    const first = await scene.run(['add', 'one'], { stdin: goodKey(), ...KEYCHAIN_GONE });
    expect(first.stderr).toContain('no keychain here: there is no session bus');
    expect(first.stderr).toContain('keys.age');
    const second = await scene.run(['add', 'two'], { stdin: goodKey(), ...KEYCHAIN_GONE });
    expect(second.stderr).not.toContain('no keychain here');
  });

  test('a store that was asked for is never replaced by another', async () => {
    const scene = new Scene();
    const result = await scene.run(['add', 'prod', '--store', 'keychain'], { stdin: goodKey(), ...KEYCHAIN_GONE });
    expect(result.code).toBe(4);
    expect(result.stderr).toContain('the system keychain cannot be used: there is no session bus');
    expect(scene.names).toEqual([]);
  });

  test('--replace leaves the key where it is', async () => {
    const scene = new Scene();
    await storeKey(scene.machine, 'prod', { store: 'file' });
    const moved = await scene.run(['add', 'prod', '--replace', '--store', 'keychain'], { stdin: goodKey() });
    expect(moved.code).toBe(2);
    expect((await scene.run(['add', 'prod', '--replace'], { stdin: goodKey() })).code).toBe(0);
    expect(scene.machine.keychain.slots.size).toBe(0);
  });
});
