import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { slotOf } from '../../src/keys/slot.ts';
import { buildDriver, KeychainProcess } from '../support/keychain-process.ts';
import { canStartKeyring, type Keyring, type KeyringVariant, startKeyring } from '../support/keyring.ts';
import { run } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { makeKey, makeSecret } from '../support/secrets.ts';
import { storeContract } from '../support/store-contract.ts';

const SLOT = slotOf('production', 'current');
const UNLOCK = 'gnome-keyring-daemon --replace --unlock';

describe.skipIf(!canStartKeyring())('the keychain store and a real gnome-keyring', () => {
  let driver: Awaited<ReturnType<typeof buildDriver>>;
  let keyring: Keyring;
  let lasting: KeychainProcess;

  beforeAll(async () => {
    driver = await buildDriver();
    keyring = await startKeyring();
    lasting = new KeychainProcess(driver.script, keyring.env);
  });

  afterAll(async () => {
    await lasting?.finish();
    await keyring?.stop();
    driver?.remove();
  });

  /** The store on a session of its own in the state wanted; both end with the test. */
  async function storeOn(variant: KeyringVariant, env: Record<string, string> = {}) {
    const own = await startKeyring(variant);
    const store = new KeychainProcess(driver.script, { ...own.env, ...env });
    onTestFinished(async () => {
      store.child.kill('SIGKILL');
      await own.stop();
    });
    return { own, store };
  }

  /** By a process that has not met the session before. */
  async function readAfresh({ env }: Keyring): Promise<string | undefined> {
    const reader = new KeychainProcess(driver.script, env);
    const secret = await reader.get(SLOT);
    expect(await reader.finish()).toEqual([0, null]);
    return secret?.reveal();
  }

  storeContract('the keychain', () => lasting);

  test('is available when it is unlocked', async () => {
    expect(await lasting.unavailable()).toBeNull();
    expect(await lasting.state()).toEqual({ state: 'unlocked', message: 'the keychain is unlocked', hint: null });
  });

  test.skipIf(!requireTools('secret-tool'))('keeps the raw secret where secret-tool finds it', async () => {
    const secret = makeSecret();
    await lasting.set(SLOT, secret);
    const words = ['lookup', 'service', 'claude-keys', 'account', 'production'];
    const { code, stdout } = await run('secret-tool', words, { env: keyring.env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: secret.reveal() });
  });

  test('reads what another process wrote', async () => {
    const secret = makeSecret();
    const writer = new KeychainProcess(driver.script, keyring.env);
    await writer.set(SLOT, secret);
    expect(await writer.finish()).toEqual([0, null]);
    expect((await lasting.get(SLOT))?.reveal()).toBe(secret.reveal());
  });

  test('keeps every value of processes that write at the same time', async () => {
    const writers = Array.from({ length: 3 }, () => new KeychainProcess(driver.script, keyring.env));
    const wanted = writers.map((writer, index) => ({
      writer,
      slot: slotOf(`p${index}`, 'current'),
      key: makeSecret(),
    }));
    await Promise.all(wanted.map(({ writer, slot, key }) => writer.set(slot, key)));
    await Promise.all(writers.map((writer) => writer.finish()));
    for (const { slot, key } of wanted) expect((await lasting.get(slot))?.reveal()).toBe(key.reveal());
  });

  test('a locked keychain with nobody to ask is locked, not empty; unlocked it has everything', async () => {
    const { own, store } = await storeOn('unlocked');
    const secret = makeSecret();
    await store.set(SLOT, secret);
    await own.lock();
    const locked = { code: 'store_locked', exitCode: 4, message: 'the keychain is locked', hint: expect.any(String) };
    const attempts = [() => store.get(SLOT), () => store.set(SLOT, makeSecret()), () => store.delete(SLOT)];
    for (const attempt of attempts) {
      const error = await attempt().catch((reason: unknown) => reason);
      expect(error).toMatchObject(locked);
      expect(error).toHaveProperty('hint', expect.stringContaining(UNLOCK));
    }
    expect(await store.unavailable()).toBeNull();
    expect(await store.state()).toMatchObject({ state: 'locked', hint: expect.stringContaining(UNLOCK) });
    expect(await store.finish()).toEqual([0, null]);
    await own.unlock();
    expect(await readAfresh(own)).toBe(secret.reveal());
  });

  test('the way to unlock that the hint shows works', async () => {
    const { own, store } = await storeOn('unlocked');
    const secret = makeSecret();
    await store.set(SLOT, secret);
    await own.lock();
    const { hint } = (await store.state()) as { hint: string };
    const command = hint.slice(hint.indexOf('read -rs p'));
    await run('bash', ['-c', `${command} > /dev/null 2>&1`], { env: own.env, input: `${own.password}\n` });
    await own.untilState('unlocked');
    expect(await readAfresh(own)).toBe(secret.reveal());
  });

  test.each<[KeyringVariant, string, string]>([
    ['no-collection', 'the keychain has no default collection to keep keys in', UNLOCK],
    ['no-service', 'no program offers a keychain (Secret Service) on this D-Bus session', 'gnome-keyring'],
  ])('says what is missing: %s', async (variant, message, hint) => {
    const { store } = await storeOn(variant);
    const failure = { code: 'store_unavailable', exitCode: 4, message, hint: expect.stringContaining(hint) };
    await expect(store.set(SLOT, makeSecret())).rejects.toMatchObject(failure);
    await expect(store.get(SLOT)).rejects.toMatchObject(failure);
    await expect(store.delete(SLOT)).rejects.toMatchObject(failure);
    expect(await store.unavailable()).toBe(message);
    expect(await store.state()).toEqual({ state: variant, message, hint: expect.stringContaining(hint) });
    expect(await store.finish()).toEqual([0, null]);
  });

  test('a prompt that nobody answers ends as locked at the deadline, and the process ends by itself', async () => {
    const { own, store } = await storeOn('silent-prompter', { DRIVER_PATIENCE_MS: '2000' });
    const secret = makeKey();
    const attempt = store.set(SLOT, { reveal: () => secret } as never).catch((reason: unknown) => reason);
    const pid = await untilChild(store.child.pid);
    while (own.prompts() === 0) await sleep(20);
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain(secret);
    expect(await attempt).toMatchObject({
      code: 'store_locked',
      message: 'the keychain is locked, and nobody unlocked it in 2 s',
      hint: expect.stringContaining(UNLOCK),
    });
    expect(store.stderr).toBe('claude-keys: waiting for the keychain to be unlocked on the desktop\n');
    expect(await store.finish()).toEqual([0, null]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  test('nobody is left waiting for the prompt when the program is killed', async () => {
    const { own, store } = await storeOn('silent-prompter');
    const attempt = store.set(SLOT, makeSecret()).catch(() => null);
    const pid = await untilChild(store.child.pid);
    while (own.prompts() === 0) await sleep(20);
    store.child.kill('SIGKILL');
    await attempt;
    const begun = Date.now();
    while (isRunning(pid) && Date.now() - begun < 5_000) await sleep(20);
    expect(isRunning(pid)).toBe(false);
  });

  test('a keychain that answers nothing is given up at the deadline', async () => {
    const { store } = await storeOn('silent-service', { DRIVER_PATIENCE_MS: '1000' });
    await expect(store.get(SLOT)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'the keychain has not answered in 1 s',
    });
    expect(await store.finish()).toEqual([0, null]);
  });

  test('a process that keytar holds says why and ends by a signal', async () => {
    const { store } = await storeOn('stuck-service', { DRIVER_PATIENCE_MS: '1000' });
    await expect(store.get(SLOT)).rejects.toThrow('the driver ended');
    expect(await store.finish()).toEqual([null, 'SIGKILL']);
    expect(store.stderr.split('\n')).toEqual([
      'claude-keys: waiting for the keychain to answer; it may be asking something on the desktop',
      'claude-keys: the keychain has not answered in 1 s',
      expect.stringMatching(/^claude-keys: hint: .*claude-keys doctor$/),
      '',
    ]);
  });
});

async function untilChild(parent: number | undefined): Promise<number> {
  for (;;) {
    const child = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && parentOf(pid) === parent);
    if (child !== undefined) return Number(child);
    await sleep(10);
  }
}

function parentOf(pid: string | number): number | null {
  return Number(statOf(pid)?.[1]) || null;
}

/** Dead, or dead and not yet collected by whoever took it over. */
function isRunning(pid: number): boolean {
  const state = statOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** proc(5)'s `stat` from the third field on: state, parent. */
function statOf(pid: string | number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}
