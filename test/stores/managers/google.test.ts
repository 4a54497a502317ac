import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { crc32c } from '../../../src/stores/gcp-sm/crc32c.ts';
import { TestMachine } from '../../support/host.ts';
import { type Google, startGoogle } from '../../support/managers/google.ts';
import { makeKey } from '../../support/secrets.ts';

// Servers, clients and a busy machine take their time.
vi.setConfig({ testTimeout: 60_000 });

let google: Google;
let machine: TestMachine;
beforeAll(async () => {
  google = await startGoogle();
});
afterAll(() => google?.stop());
beforeEach(() => {
  machine = new TestMachine();
  google.book.secrets.clear();
  google.book.denied.clear();
  google.faults.clear();
});

const URI = 'gcp-sm://test-project/claude';
const NAME = 'projects/test-project/secrets/claude';
const run = (argv: string[], stdin = '', on = machine) => on.run(argv, { env: { ...google.env }, stdin });

describe('a secret of Google', () => {
  test('has the key in use as its latest version, the one before by an alias, and then disabled', async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    expect(await run(['add', 'prod', '--store', URI, '--no-verify'], old)).toMatchObject({ code: 0 });
    expect(await run(['rotate', 'prod', '--no-verify'], fresh)).toMatchObject({ code: 0 });
    expect(google.book.textOf(NAME)).toBe(fresh);
    expect(google.book.textOf(NAME, 'claude-keys-previous')).toBe(old);
    const stored = google.book.secrets.get(NAME);
    expect(stored?.annotations).toEqual({
      'claude-keys-fingerprint': expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
      'claude-keys-redacted': `${fresh.slice(0, 16)}...${fresh.slice(-4)}`,
    });
    expect([...google.book.secrets.keys()]).toEqual([NAME]);
    expect(await run(['retire', 'prod', '--forget', '--yes'])).toMatchObject({ code: 0 });
    expect(stored?.versions.map(({ state }) => state)).toEqual(['DISABLED', 'ENABLED']);
    expect(stored?.aliases).toEqual({});
  });

  test('does not show readers a key before it is tested', async () => {
    const [old, fresh] = [makeKey(), makeKey()];
    await run(['add', 'prod', '--store', URI, '--no-verify'], old);
    // Nothing answers there, so that the rotation stands still behind the staging.
    const env = { ...google.env, ANTHROPIC_BASE_URL: 'http://127.0.0.1:1' };
    expect((await machine.run(['rotate', 'prod'], { env, stdin: fresh })).code).toBe(5);
    expect(google.book.textOf(NAME)).toBe(old);
    expect(google.book.textOf(`${NAME}-claude-keys-pending`)).toBe(fresh);
    expect(await run(['rotate', 'prod', '--abort'])).toMatchObject({ code: 0 });
    expect([...google.book.secrets.keys()]).toEqual([NAME]);
  });

  test.each([
    ['secretmanager.versions.access', 'print'],
    ['secretmanager.versions.add', 'add'],
    ['secretmanager.secrets.create', 'add'],
  ])('says that %s is missing', async (permission, command) => {
    if (command === 'print') await run(['add', 'prod', '--store', URI, '--no-verify'], makeKey());
    google.book.denied.add(permission);
    const argv = command === 'print' ? ['print', 'prod'] : ['add', 'prod', '--store', URI, '--no-verify'];
    const result = await run(argv, makeKey());
    expect(result, result.stderr).toMatchObject({ code: 4, stdout: '' });
    expect(result.stderr).toContain(`no permission: ${permission} is missing`);
  });

  test.each([
    ['expired credentials', { code: status.UNAUTHENTICATED }, 4, /have expired[\s\S]*gcloud auth/],
    ['throttling', { code: status.RESOURCE_EXHAUSTED, message: 'Quota exceeded' }, 5, /quota exceeded/],
    [
      'an API that is off',
      { code: status.PERMISSION_DENIED, message: 'API has not been used in project' },
      4,
      /switched on/,
    ],
  ])(
    'tells of %s',
    async (_, fault, code, said) => {
      google.faults.set('AccessSecretVersion', fault);
      const result = await run(['print', '--from', URI]);
      expect(result, result.stderr).toMatchObject({ code, stdout: '' });
      expect(result.stderr).toMatch(said);
    },
    30_000,
  );

  test('is asked again by the client itself when it is throttled for a moment', async () => {
    const key = makeKey();
    await run(['add', 'prod', '--store', URI, '--no-verify'], key);
    google.faults.set('AccessSecretVersion', { code: status.UNAVAILABLE, times: 1 });
    expect(await run(['print', 'prod'])).toMatchObject({ code: 0, stdout: `${key}\n` });
  });

  test('that is disabled says so', async () => {
    await run(['add', 'prod', '--store', URI, '--no-verify'], makeKey());
    google.book.DisableSecretVersion({ name: `${NAME}/versions/1` });
    expect(await run(['print', 'prod'])).toMatchObject({ code: 4, stderr: expect.stringContaining('is disabled') });
  });

  test('whose payload was damaged on the way is not used', async () => {
    await run(['add', 'prod', '--store', URI, '--no-verify'], makeKey());
    const honest = google.book.AccessSecretVersion;
    google.book.AccessSecretVersion = function damaged(request) {
      const answer = honest.call(this, request);
      return { ...answer, payload: { ...answer.payload, data: Buffer.from('sk-ant-other') } };
    };
    const result = await run(['print', 'prod']);
    google.book.AccessSecretVersion = honest;
    expect(result).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('checksum') });
  });
});

test('CRC-32C is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
});
