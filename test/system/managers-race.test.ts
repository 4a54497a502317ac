import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { openStore } from '../../src/stores/at.ts';
import type { StorePlace } from '../../src/stores/store.ts';
import { TestMachine } from '../support/host.ts';
import { KINDS, MANAGERS, type Manager, READY } from '../support/managers/scene.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

/** Two people, each with a machine of their own, have the same secret of a manager as the home of a key. */
const RUNS = 10;
const TOLD =
  /is already staged there|was moved by someone else|was staged by somebody else|was changed elsewhere|is no longer in its store/;

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api?.stop());

function newKey(): string {
  const key = makeKey();
  api.addKey(key);
  return key;
}

class Person {
  readonly #machine = new TestMachine();
  readonly #env: Record<string, string>;
  readonly #uri: string;
  /** The secret this one brings. */
  readonly fresh = newKey();

  constructor(manager: Manager, uri: string) {
    this.#env = { ...manager.env, ANTHROPIC_BASE_URL: api.url };
    this.#uri = uri;
  }

  run(argv: string[], stdin = '') {
    return this.#machine.run(argv, { env: this.#env, stdin });
  }

  rotate(secret = this.fresh) {
    return this.run(['rotate', 'prod'], secret);
  }

  async must(argv: string[], stdin = ''): Promise<string> {
    const result = await this.run(argv, stdin);
    expect(result.code, `${argv.join(' ')}: ${result.stderr}`).toBe(0);
    return result.stdout.trim();
  }

  async kept(slot: 'pending' | 'previous'): Promise<string | null> {
    const store = await openStore(this.#machine.context({ env: this.#env }), this.#uri as StorePlace);
    return (await store.get(slotOf('prod', slot)))?.reveal() ?? null;
  }

  get entry() {
    return readRegistry(this.#machine.context()).keys.get('prod');
  }
}

async function twoPeople(manager: Manager, name: string) {
  const uri = manager.at(name);
  const [one, two, old] = [new Person(manager, uri), new Person(manager, uri), newKey()];
  await one.must(['add', 'prod', '--store', uri, '--no-verify'], old);
  await two.must(['add', 'prod', '--store', uri, '--no-verify', '--adopt']);
  return { one, two, old };
}

describe.each(KINDS)('two people who rotate the same secret of %s', (kind) => {
  const runs = READY[kind]();
  let manager: Manager;
  beforeAll(async () => {
    if (runs) manager = await MANAGERS[kind]();
  }, 60_000);
  afterAll(() => manager?.stop());

  test.skipIf(!runs)(
    'at the same time: one wins, the other is told, nothing is lost',
    { timeout: 120_000 },
    async () => {
      for (let run = 0; run < RUNS; run += 1) {
        const name = `race-${process.pid}-${run}`;
        const { one, two, old } = await twoPeople(manager, name);
        const [first, second] = run % 2 === 0 ? [one, two] : [two, one];
        const later = async () => {
          // From the same moment on to one in which the first may have ended.
          await sleep(run * 15);
          return second.rotate();
        };
        const results = await Promise.all([first.rotate(), later()]);
        const said = `run ${run}: ${results.map(({ code, stderr }) => `${code} ${stderr}`).join('\n---\n')}`;
        expect(results.filter(({ code }) => code === 0).length, said).toBe(1);
        const [winner, loser, lost] = results[0].code === 0 ? [first, second, results[1]] : [second, first, results[0]];
        expect(lost.code, said).toBe(4);
        expect(lost.stderr, said).toMatch(TOLD);
        await inOrder(winner, loser, name, { old, said });
      }
    },
  );

  /** What both find afterwards, and how the one who lost comes along. */
  async function inOrder(winner: Person, loser: Person, name: string, { old, said }: { old: string; said: string }) {
    if (loser.entry?.change !== null) await loser.must(['rotate', 'prod', '--abort']);
    expect(loser.entry, said).toMatchObject({ change: null, pending: null });
    expect(winner.entry, said).toMatchObject({ change: null, pending: null });
    expect(await manager.current(name), said).toBe(winner.fresh);
    expect(await winner.kept('previous'), said).toBe(old);
    expect(await winner.kept('pending'), said).toBeNull();
    await winner.must(['verify', 'prod']);
    await loser.must(['pull', 'prod']);
    await loser.must(['retire', 'prod', '--forget', '--yes']);
    expect(await loser.rotate(), said).toMatchObject({ code: 0 });
    expect(await manager.current(name), said).toBe(loser.fresh);
  }

  test.skipIf(!runs)('the slower one having looked before the faster one began: it is told all the same', async () => {
    const name = `slow-${process.pid}`;
    const { one, two, old } = await twoPeople(manager, name);
    let release = () => {};
    const isLetGo = new Promise<null>((resolve) => {
      release = () => resolve(null);
    });
    let calls = 0;
    // The slow one stands before its first write, and has looked at everything by then.
    const stands = new Promise<void>((resolve) => {
      manager.cutter.meet((call) => {
        if (!call.isWrite || calls > 0) return null;
        calls += 1;
        resolve();
        return isLetGo;
      });
    });
    const slow = two.rotate();
    await stands;
    const fast = await one.rotate();
    release();
    const { code, stderr } = await slow;
    manager.cutter.meet(null);
    expect(fast, fast.stderr).toMatchObject({ code: 0 });
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringMatching(TOLD) });
    await inOrder(one, two, name, { old, said: stderr });
  });
});
