import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { slotOf } from '../../src/keys/slot.ts';
import { temporaryFolder } from '../support/host.ts';
import { buildDriver, KeychainProcess } from '../support/keychain-process.ts';
import { canStartKeyring, type Keyring, startKeyring } from '../support/keyring.ts';
import { runProgram } from '../support/program.ts';
import { makeSecret } from '../support/secrets.ts';

const SLOT = slotOf('production', 'current');
const KEYTAR = fileURLToPath(new URL('../../node_modules/keytar', import.meta.url));
const BINARY = `prebuilds/${process.platform}-${process.arch}/keytar.node`;

describe.skipIf(!canStartKeyring())('a machine on which the keychain cannot be used', () => {
  let driver: Awaited<ReturnType<typeof buildDriver>>;
  let keyring: Keyring;

  beforeAll(async () => {
    driver = await buildDriver();
    keyring = await startKeyring();
  });

  afterAll(async () => {
    await keyring?.stop();
    driver?.remove();
  });

  function storeWith(env: Record<string, string>): KeychainProcess {
    const store = new KeychainProcess(driver.script, env);
    onTestFinished(() => void store.child.kill('SIGKILL'));
    return store;
  }

  /** A folder of packages in which keytar asks for a libsecret of another name. */
  function withoutLibsecret(): string {
    const packages = temporaryFolder();
    for (const file of ['package.json', 'lib/keytar.js']) cpSync(join(KEYTAR, file), join(packages, 'keytar', file));
    const binary = join(packages, 'keytar', BINARY);
    mkdirSync(dirname(binary), { recursive: true });
    const bytes = readFileSync(join(KEYTAR, BINARY));
    bytes.write('libsecret-0.so.0', bytes.indexOf('libsecret-1.so.0'));
    writeFileSync(binary, bytes);
    return packages;
  }

  async function expectUnavailable(store: KeychainProcess, state: string, message: string | RegExp): Promise<void> {
    const expected = typeof message === 'string' ? message : expect.stringMatching(message);
    const failure = { code: 'store_unavailable', exitCode: 4, message: expected };
    await expect(store.get(SLOT)).rejects.toMatchObject(failure);
    await expect(store.set(SLOT, makeSecret())).rejects.toMatchObject(failure);
    await expect(store.delete(SLOT)).rejects.toMatchObject(failure);
    expect(await store.unavailable()).toEqual(expected);
    expect(await store.state()).toEqual({ state, message: expected, hint: expect.any(String) });
    expect(await store.finish()).toEqual([0, null]);
    expect(store.stderr).toBe('');
  }

  const noBus = 'there is no D-Bus session here, through which the keychain is reached';

  test('no D-Bus session', async () => {
    await expectUnavailable(storeWith({ HOME: keyring.env['HOME'] ?? '/' }), 'no-bus', noBus);
  });

  test('a D-Bus session that is gone', async () => {
    await expectUnavailable(storeWith({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' }), 'no-bus', noBus);
  });

  test('keytar is not installed', async () => {
    const store = storeWith({ ...keyring.env, NODE_PATH: temporaryFolder() });
    await expectUnavailable(store, 'no-library', /^the optional package keytar is not installed: npm install/);
  });

  test('libsecret is not installed', async () => {
    const store = storeWith({ ...keyring.env, NODE_PATH: withoutLibsecret() });
    await expectUnavailable(store, 'no-library', /^libsecret is missing, .*: sudo \S+ \S+ libsecret/);
  });

  test('a damaged binary', async () => {
    const packages = withoutLibsecret();
    writeFileSync(join(packages, 'keytar', BINARY), 'no binary at all');
    const store = storeWith({ ...keyring.env, NODE_PATH: packages });
    await expectUnavailable(store, 'no-library', /^keytar, .* does not run on this system$/);
  });

  test.each([['--help'], ['--version']])('%s needs none of it', async (option) => {
    expect(await runProgram([option])).toMatchObject({ code: 0, stderr: '' });
  });
});
