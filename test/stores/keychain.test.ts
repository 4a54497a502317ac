import { describe, expect, test, vi } from 'vitest';
import type { UserError } from '../../src/errors.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import type { Answer, Request } from '../../src/stores/keychain/calls.ts';
import { NativeProblem } from '../../src/stores/keychain/native.ts';
import type { BusState } from '../../src/stores/keychain/session-bus.ts';
import { KeychainStore, type Parts } from '../../src/stores/keychain/store.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { storeContract } from '../support/store-contract.ts';

const SLOT = slotOf('prod', 'current');
const SECRET = new Secret('a secret');

interface Setup extends TestOptions {
  readonly platform?: NodeJS.Platform;
  /** What the bus says, one state after the other; the last one stays. */
  readonly states?: readonly BusState[];
  readonly load?: Error;
  readonly here?: (request: Request) => Promise<Answer>;
  readonly aside?: ((request: Request) => Promise<Answer>) | null;
}

const unexpected = () => Promise.reject(new Error('not expected to be called'));

function setUp({ platform = 'linux', states = ['unlocked'], load, here, aside, ...options }: Setup) {
  const left = [...states];
  const calls: string[] = [];
  const kill = vi.fn();
  const ended: UserError[] = [];
  const ctx = { ...new TestMachine().context(options), platform };
  const parts: Parts = {
    read: () => {
      calls.push('bus');
      const state = left.length > 1 ? left.shift() : left[0];
      return { sent: Promise.resolve(), state: Promise.resolve(state ?? 'unknown') };
    },
    load: () => {
      calls.push('load');
      if (load !== undefined) throw load;
      return (request) => {
        calls.push('here');
        return (here ?? unexpected)(request);
      };
    },
    spawn: async (request) => {
      if (aside === null) return null;
      calls.push('aside');
      return { answer: (aside ?? unexpected)(request), kill };
    },
    end: (error) => {
      ended.push(error);
      return new Promise<never>(() => {});
    },
    patience: { notice: 5, withTerminal: 40, withoutTerminal: 10 },
  };
  return { store: new KeychainStore(ctx, parts), calls, kill, ended, stderr: () => ctx.stderr.text };
}

const forever = () => new Promise<never>(() => {});

function inMemory(): (request: Request) => Promise<Answer> {
  const items = new Map<string, string>();
  return async (request) => {
    if (request.operation === 'get') return items.get(request.account) ?? null;
    if (request.operation === 'delete') return items.delete(request.account);
    items.set(request.account, request.value);
    return true;
  };
}

storeContract('the keychain store over an unlocked stand-in', () => setUp({ here: inMemory() }).store);
storeContract('the keychain store over a locked stand-in that is unlocked when it is asked', () => {
  const items = inMemory();
  return setUp({ states: ['locked', 'unlocked'], here: items, aside: items }).store;
});
storeContract(
  'the keychain store on macOS',
  () => setUp({ platform: 'darwin', states: ['no-bus'], here: inMemory() }).store,
);

describe('the keychain store', () => {
  test('asks the bus, loads keytar meanwhile and calls it in this process when it is unlocked', async () => {
    const { store, calls } = setUp({ here: async () => 'found' });
    expect((await store.get(SLOT))?.reveal()).toBe('found');
    expect(calls).toEqual(['bus', 'load', 'here']);
  });

  test.each<NodeJS.Platform>(['darwin', 'win32'])('asks no bus on %s', async (platform) => {
    const { store, calls } = setUp({ platform, here: async () => null });
    expect(await store.get(SLOT)).toBeNull();
    expect(calls).toEqual(['load', 'here']);
  });

  test('calls another process when it is locked, and believes what was found', async () => {
    const { store, calls } = setUp({ states: ['locked'], aside: async () => 'found' });
    expect((await store.get(SLOT))?.reveal()).toBe('found');
    expect(calls).toEqual(['bus', 'load', 'aside']);
  });

  test.each([
    ['get', null],
    ['delete', false],
  ] as const)('%s: a locked keychain that answers as if empty is locked', async (operation, answer) => {
    const { store } = setUp({ states: ['locked'], aside: async () => answer });
    await expect(store[operation](SLOT)).rejects.toMatchObject({
      code: 'store_locked',
      exitCode: 4,
      message: 'the keychain is locked',
      hint: expect.stringContaining('unlock'),
    });
  });

  test('asks again when it was unlocked meanwhile', async () => {
    const { store, calls } = setUp({ states: ['locked', 'unlocked'], aside: async () => null, here: async () => 'x' });
    expect((await store.get(SLOT))?.reveal()).toBe('x');
    expect(calls).toEqual(['bus', 'load', 'aside', 'bus', 'here']);
    const empty = setUp({ states: ['locked', 'unlocked'], aside: async () => null, here: async () => null });
    expect(await empty.store.get(SLOT)).toBeNull();
  });

  test('a locked keychain that refuses a new secret is locked', async () => {
    const cause = new Error('Cannot create an item in a locked collection');
    const { store } = setUp({ states: ['locked'], aside: () => Promise.reject(cause) });
    await expect(store.set(SLOT, SECRET)).rejects.toMatchObject({ code: 'store_locked', cause });
  });

  test.each<[BusState, string, string[]]>([
    ['no-bus', 'there is no D-Bus session here, through which the keychain is reached', ['bus', 'load']],
    ['no-service', 'no program offers a keychain (Secret Service) on this D-Bus session', ['bus', 'load']],
    ['no-collection', 'the keychain has no default collection to keep keys in', ['bus', 'load']],
  ])('says what is missing before keytar is called: %s', async (state, message, expected) => {
    const { store, calls } = setUp({ states: [state] });
    await expect(store.set(SLOT, SECRET)).rejects.toMatchObject({ code: 'store_unavailable', exitCode: 4, message });
    expect(calls).toEqual(expected);
  });

  test('without a default collection a secret may still be found in another one', async () => {
    const found = setUp({ states: ['no-collection'], aside: async () => 'found' });
    expect((await found.store.get(SLOT))?.reveal()).toBe('found');
    const { store } = setUp({ states: ['no-collection'], aside: async () => null });
    await expect(store.get(SLOT)).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  test('without another process a locked keychain is locked at once', async () => {
    const { store } = setUp({ states: ['locked'], aside: null });
    await expect(store.get(SLOT)).rejects.toMatchObject({ code: 'store_locked', message: 'the keychain is locked' });
  });

  test('does not take nothing for an answer when the state is not known', async () => {
    const { store } = setUp({ states: ['unknown'], aside: async () => null });
    await expect(store.get(SLOT)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: 'the keychain does not say whether it is locked',
    });
  });

  test('keytar that cannot be loaded is told after a session that is missing', async () => {
    const load = new NativeProblem('no-library', new Error('x'), 'libsecret-1.so.0');
    await expect(setUp({ load }).store.get(SLOT)).rejects.toMatchObject({
      code: 'store_unavailable',
      message: expect.stringMatching(/^libsecret is missing/),
    });
    await expect(setUp({ load, states: ['no-bus'] }).store.get(SLOT)).rejects.toMatchObject({
      message: expect.stringMatching(/^there is no D-Bus session/),
    });
  });

  test('says what it waits for, ends the other process at the deadline and says locked', async () => {
    const { store, kill, stderr } = setUp({ states: ['locked'], aside: forever });
    await expect(store.get(SLOT)).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringMatching(/^the keychain is locked, and nobody unlocked it in \d+ s$/),
    });
    expect(kill).toHaveBeenCalledOnce();
    expect(stderr()).toBe('claude-keys: waiting for the keychain to be unlocked on the desktop\n');
  });

  test('ends this process at the deadline when keytar holds it', async () => {
    const { store, ended, stderr } = setUp({ here: forever });
    void store.get(SLOT);
    await vi.waitUntil(() => ended.length === 1);
    expect(ended).toMatchObject([{ code: 'store_unavailable', message: expect.stringContaining('has not answered') }]);
    expect(stderr()).toContain('waiting for the keychain to answer');
  });

  test('gives a person at the terminal more time', async () => {
    const later = () => new Promise<Answer>((resolve) => setTimeout(resolve, 20, 'found'));
    const { store } = setUp({ states: ['locked'], aside: later, stdinIsTTY: true });
    expect((await store.get(SLOT))?.reveal()).toBe('found');
    await expect(setUp({ states: ['locked'], aside: later }).store.get(SLOT)).rejects.toThrow('nobody unlocked it');
  });

  test.each([[''], ['before\0after'], ['\0']])('never gives keytar the value %j', async (value) => {
    const { store, calls } = setUp({});
    await expect(store.set(SLOT, new Secret(value))).rejects.toMatchObject({ code: 'malformed_key', exitCode: 2 });
    expect(calls).toEqual([]);
  });

  test('refuses on Windows what a blob there cannot hold', async () => {
    const { store, calls } = setUp({ platform: 'win32', here: async () => true });
    await store.set(SLOT, new Secret('x'.repeat(2_560)));
    await expect(store.set(SLOT, new Secret('x'.repeat(2_561)))).rejects.toMatchObject({
      code: 'write_failed',
      exitCode: 4,
      message: expect.stringContaining('2560 bytes'),
    });
    expect(calls).toEqual(['load', 'here']);
  });
});
