import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreKind } from '../../src/stores/store.ts';
import { canStartKeyring } from '../support/keyring.ts';
import { World } from '../support/world.ts';

const COUNT = 20;

describe.each<StoreKind>(['file', 'keychain'])('at the same time, on the store %s', (store) => {
  const here = store === 'file' || canStartKeyring();
  let world: World;
  beforeAll(async () => {
    if (here) world = await World.start(store);
  });
  afterAll(() => world?.stop());

  test.skipIf(!here)(`${COUNT} adds of different names are all there`, async () => {
    const secrets = new Map(Array.from({ length: COUNT }, (_, number) => [`key-${number}`, world.makeKey()]));
    const results = await Promise.all([...secrets].map(([name, input]) => world.run(['add', name], { input })));
    for (const { code, stderr } of results) expect(code, stderr).toBe(0);
    for (const [name, secret] of secrets) expect((await world.run(['print', name])).stdout).toBe(`${secret}\n`);
  });

  test.skipIf(!here)('of several adds of one name, one wins and the others are told', async () => {
    const results = await Promise.all(
      Array.from({ length: 5 }, () => world.run(['add', 'one'], { input: world.makeKey() })),
    );
    expect(results.map(({ code }) => code).sort()).toEqual([0, 2, 2, 2, 2]);
    const rotations = await Promise.all(
      Array.from({ length: 5 }, () => world.run(['rotate', 'one', '--no-verify'], { input: world.makeKey() })),
    );
    expect(rotations.filter(({ code }) => code === 0)).toHaveLength(1);
    expect((await world.run(['print', 'one'])).code).toBe(0);
  });
});
