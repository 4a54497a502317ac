import { describe, expect, test } from 'vitest';
import { checkName } from '../../src/keys/name.ts';
import { Secret } from '../../src/keys/secret.ts';
import { type SlotName, slotOf } from '../../src/keys/slot.ts';
import type { SecretStore } from '../../src/stores/store.ts';
import { makeKey } from './secrets.ts';

/**
 * What every store promises (`src/stores/store.ts`), the stand-ins too: no fake is easier than the real thing.
 *
 * @param label what is tested, for the report
 * @param makeStore called once a test; the slots used are the test's own, so one lasting store may serve all of them
 */
export function storeContract(label: string, makeStore: () => Promise<SecretStore> | SecretStore): void {
  describe(`the store contract: ${label}`, () => {
    test('answers null for a slot that was never set', async () => {
      const store = await makeStore();
      expect(await store.get(freshSlot())).toBeNull();
    });

    test('gives back what was set, as often as asked', async () => {
      const store = await makeStore();
      const slot = freshSlot();
      const secret = await put(store, slot, makeKey());
      expect(await read(store, slot)).toBe(secret);
      expect(await read(store, slot)).toBe(secret);
    });

    test.each([
      ['every printable ASCII character', printableAscii()],
      ['every printable ASCII character in reverse', [...printableAscii()].reverse().join('')],
      ['a single character', '-'],
      ['quotes and backslashes', `'"\\"'\\\\n$(id)\`id\`%s%00`],
      ['something that looks like JSON', '{"secret":null}'],
      ['something that looks like base64', 'AAAA=='],
      ['spaces at both ends', '  between  '],
      ['1,000 characters', 'k'.repeat(1_000)],
      ['2,000 characters', `${printableAscii().repeat(22).slice(0, 1_999)}!`],
    ])('keeps the value byte for byte: %s', async (_, value) => {
      const store = await makeStore();
      const slot = freshSlot();
      await put(store, slot, value);
      expect(await read(store, slot)).toBe(value);
    });

    test('replaces a value by a longer and by a shorter one', async () => {
      const store = await makeStore();
      const slot = freshSlot();
      for (const length of [100, 1_500, 10]) {
        const value = 'x'.repeat(length);
        await put(store, slot, value);
        expect(await read(store, slot)).toBe(value);
      }
    });

    test('deletes once: true, then false, and false for what was never there', async () => {
      const store = await makeStore();
      const slot = freshSlot();
      expect(await store.delete(slot)).toBe(false);
      await put(store, slot, makeKey());
      expect(await store.delete(slot)).toBe(true);
      expect(await store.get(slot)).toBeNull();
      expect(await store.delete(slot)).toBe(false);
    });

    test('keeps the slots of one key apart', async () => {
      const store = await makeStore();
      const name = freshName();
      const [current, pending, previous] = [slotOf(name, 'current'), slotOf(name, 'pending'), slotOf(name, 'previous')];
      await put(store, current, 'one');
      expect(await store.get(pending)).toBeNull();
      await put(store, pending, 'two');
      await put(store, previous, 'three');
      expect(await store.delete(pending)).toBe(true);
      expect(await read(store, current)).toBe('one');
      expect(await store.get(pending)).toBeNull();
      expect(await read(store, previous)).toBe('three');
    });

    test('keeps names apart that differ in case, in a suffix or in punctuation', async () => {
      const store = await makeStore();
      const name = freshName();
      const names = [name, name.toUpperCase(), `${name}.`, `${name}-`, `${name}_`, `${name}.json`, `${name}..`];
      for (const each of names) await put(store, slotOf(checkName(each), 'current'), `value of ${each}`);
      for (const each of names) expect(await read(store, slotOf(each, 'current'))).toBe(`value of ${each}`);
    });

    test('takes the longest name there is, and names that mean something to JavaScript', async () => {
      const store = await makeStore();
      for (const name of ['n'.repeat(64), 'constructor', 'toString', 'hasOwnProperty', '0']) {
        const slot = slotOf(checkName(name), 'previous');
        await store.delete(slot);
        expect(await store.get(slot)).toBeNull();
        await put(store, slot, `value of ${name}`);
        expect(await read(store, slot)).toBe(`value of ${name}`);
        expect(await store.delete(slot)).toBe(true);
      }
    });

    test('never meets a name beyond ASCII: those are refused before any store', () => {
      for (const name of ['prodüktion', '鍵', 'key\u0000', 'clé', 'a b', '../a', 'a@pending', '']) {
        expect(() => checkName(name)).toThrow(expect.objectContaining({ code: 'bad_name' }));
      }
    });

    test('keeps every value of writers to different slots at the same time', async () => {
      const store = await makeStore();
      const wanted = new Map(Array.from({ length: 12 }, () => [freshSlot(), makeKey()] as const));
      await Promise.all([...wanted].map(([slot, value]) => put(store, slot, value)));
      const found = await Promise.all([...wanted.keys()].map((slot) => read(store, slot)));
      expect(found).toEqual([...wanted.values()]);
    });

    test('has one whole value after writers to the same slot at the same time', async () => {
      const store = await makeStore();
      const slot = freshSlot();
      const values = Array.from({ length: 8 }, () => makeKey());
      await Promise.all(values.map((value) => put(store, slot, value)));
      expect(values).toContain(await read(store, slot));
    });

    test('answers readers during a write with the old value or the new one', async () => {
      const store = await makeStore();
      const slot = freshSlot();
      await put(store, slot, 'old');
      const [, ...seen] = await Promise.all([
        put(store, slot, 'new'),
        ...Array.from({ length: 6 }, () => read(store, slot)),
      ]);
      for (const value of seen) expect(['old', 'new']).toContain(value);
      expect(await read(store, slot)).toBe('new');
    });

    test('holds 100 keys', async () => {
      const store = await makeStore();
      const wanted = new Map(Array.from({ length: 100 }, () => [freshSlot(), makeKey()] as const));
      for (const [slot, value] of wanted) await put(store, slot, value);
      for (const [slot, value] of wanted) expect(await read(store, slot)).toBe(value);
      for (const slot of wanted.keys()) expect(await store.delete(slot)).toBe(true);
      for (const slot of wanted.keys()) expect(await store.get(slot)).toBeNull();
    }, 60_000);
  });
}

let counter = 0;

function freshName(): string {
  counter += 1;
  return `contract-${process.pid}-${counter}`;
}

function freshSlot(): SlotName {
  return slotOf(freshName(), 'current');
}

async function put(store: SecretStore, slot: SlotName, value: string): Promise<string> {
  await store.set(slot, new Secret(value));
  return value;
}

async function read(store: SecretStore, slot: SlotName): Promise<string | undefined> {
  return (await store.get(slot))?.reveal();
}

function printableAscii(): string {
  return Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
}
