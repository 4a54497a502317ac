import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TestMachine } from '../support/host.ts';
import { type RunningStandin, startVaultStandin } from '../support/managers/vault-standin.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

let standin: RunningStandin;
let api: Standin;
let machine: TestMachine;
let key: string;
beforeAll(async () => {
  [standin, api] = await Promise.all([startVaultStandin(), startStandin()]);
});
afterAll(() => Promise.all([standin?.stop(), api?.stop()]));
beforeEach(() => {
  machine = new TestMachine();
  key = makeKey();
  api.addKey(key);
  put(`${key}\n`);
});

const FROM = ['--from', 'vault://secret/app'];
const run = (argv: string[], options = {}) =>
  machine.run(argv, { env: { ...standin.env, ANTHROPIC_BASE_URL: api.url }, ...options });

function put(value: string): void {
  standin.vault.secrets.set('app', { versions: [{ data: { value }, createdAt: '', destroyed: false }], notes: {} });
}

describe('--from an address', () => {
  test('gives what is there, and writes nothing', async () => {
    expect(await run(['print', ...FROM])).toEqual({ code: 0, stdout: `${key}\n`, stderr: '' });
    expect(await run(['export', ...FROM, '--shell', 'sh'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(key),
    });
    expect(await run(['export', ...FROM, '--format', 'json'])).toMatchObject({
      stdout: expect.stringContaining('"ANTHROPIC_API_KEY"'),
    });
    const verified = await run(['verify', ...FROM, '--json']);
    expect(JSON.parse(verified.stdout).results).toEqual([expect.objectContaining({ name: null, status: 'valid' })]);
    expect(verified.stdout).not.toContain(key);
    expect(existsSync(join(machine.home, 'claude-keys'))).toBe(false);
  });

  test('takes the variable from the kind of the key', async () => {
    put(makeAdminKey());
    expect((await run(['export', ...FROM, '--shell', 'sh'])).stdout).toContain('ANTHROPIC_ADMIN_KEY');
  });

  test('is refused to a terminal, before anything is asked', async () => {
    const calls = standin.vault.calls.length;
    expect((await run(['print', ...FROM], { stdoutIsTTY: true })).code).toBe(6);
    expect(standin.vault.calls).toHaveLength(calls);
  });

  test.each([
    ['a name beside it', ['print', 'prod', ...FROM], 2],
    ['no address', ['print', '--from', 'prod'], 2],
    ['a store of this machine', ['print', '--from', 'keychain'], 2],
    ['--all beside it', ['verify', '--all', ...FROM], 2],
  ])('refuses %s', async (_, argv, code) => {
    expect(await run(argv)).toMatchObject({ code, stdout: '' });
  });

  test('with --json has no name', async () => {
    expect(JSON.parse((await run(['print', ...FROM, '--json'])).stdout)).toEqual({ key: null, secret: key });
  });
});
