import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { type Slot, slotOf } from '../../src/keys/slot.ts';
import { openStore } from '../../src/stores/at.ts';
import type { StorePlace } from '../../src/stores/store.ts';
import { TestMachine } from '../support/host.ts';
import type { Call, Fault } from '../support/managers/faults.ts';
import { KINDS, MANAGERS, type Manager, READY, startReader } from '../support/managers/scene.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

/**
 * Every call to a manager in a rotation goes wrong in every way, each once, for a key of its own. Meanwhile a program
 * reads the current version there every 20 ms and must get a working key each time; behind it the way out that the
 * registry asks for ends the rotation.
 */
const ROLES = ['home', 'target'] as const;
type Role = (typeof ROLES)[number];

type Kind = (typeof KINDS)[number];

/**
 * What the calls meet: a write all of it, a read one of each bracket, taking turns from call to call. The clients of AWS
 * and Google wait 15 s for an answer and cannot be told to wait less, so there nothing hangs; and a secret that is said
 * to be missing once is Vault's alone, whose nodes may be behind.
 */
const WAYS: Readonly<Record<Kind, readonly (readonly Fault[])[]>> = {
  aws: [['denied', 'broken', 'dropped']],
  vault: [['denied'], ['missing'], ['throttled', 'broken', 'unavailable'], ['silent', 'dropped']],
  google: [['denied', 'broken', 'unavailable']],
};
/** What the client itself tries again goes wrong again, until it gives up. Google's reads would take 6 s each. */
const TRIED_AGAIN: Readonly<Record<Kind, readonly Fault[]>> = {
  aws: ['broken', 'dropped', 'unheard'],
  vault: ['throttled', 'broken'],
  google: [],
};
const LANES = 6;

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
  // The real one: 10 s.
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms === 10_000 ? 2_000 : ms));
});
afterAll(async () => {
  vi.restoreAllMocks();
  await api?.stop();
});

let counter = 0;

function newKey(): string {
  const key = makeKey();
  api.addKey(key);
  return key;
}

class Scene {
  readonly machine = new TestMachine();
  readonly name: string;
  readonly old = newKey();
  readonly fresh = newKey();
  /** Of each call since it was prepared, whether it writes. */
  calls: boolean[] = [];
  #fault: { readonly at: number; readonly what: Fault; readonly again: boolean } | null = null;
  #failed: string | null = null;
  readonly #manager: Manager;
  readonly #env: Record<string, string>;

  constructor(manager: Manager) {
    counter += 1;
    this.name = `fault-${process.pid}-${counter}-x`;
    this.#manager = manager;
    this.#env = { ...manager.env, ANTHROPIC_BASE_URL: api.url };
  }

  run(argv: string[], stdin = '') {
    return this.machine.run(argv, { env: this.#env, stdin });
  }

  async prepare(role: Role): Promise<void> {
    const uri = this.#manager.at(this.name);
    const add = ['add', 'prod', '--no-verify', ...(role === 'home' ? ['--store', uri] : [])];
    expect(await this.run(add, this.old)).toMatchObject({ code: 0 });
    if (role === 'target') expect(await this.run(['link', 'prod', uri])).toMatchObject({ code: 0 });
    this.calls = [];
  }

  arm(at: number, what: Fault, again: boolean): void {
    this.#fault = { at, what, again };
  }

  disarm(): void {
    this.#fault = null;
  }

  /** What becomes of one call of this scene. */
  meet({ id, isWrite }: Call): Fault | null {
    const fault = this.#fault;
    if (fault?.again && id === this.#failed) return fault.what;
    this.#failed = null;
    this.calls.push(isWrite);
    if (this.calls.length !== fault?.at) return null;
    this.#failed = id;
    return fault.what;
  }

  get entry() {
    return readRegistry(this.machine.context()).keys.get('prod');
  }

  /** What is in the manager beside the current one. */
  async beside() {
    const store = await openStore(this.machine.context({ env: this.#env }), this.#manager.at(this.name) as StorePlace);
    const read = async (slot: Slot) => (await store.get(slotOf('prod', slot)))?.reveal() ?? null;
    return { pending: await read('pending'), previous: await read('previous') };
  }

  /** The way out that each end of a rotation asks for, as often as it takes: it must not take long. */
  async end(): Promise<string> {
    let said = '';
    for (let tries = 0; tries < 2; tries += 1) {
      const { entry } = this;
      const isOver = entry?.change === null && entry.previous !== null;
      if (isOver) return said;
      const argv = entry?.change === null ? ['rotate', 'prod'] : ['rotate', 'prod', '--resume'];
      const { code, stderr } = await this.run(argv, this.fresh);
      said += `\n${argv.join(' ')}: ${code} ${stderr}`;
    }
    return said;
  }
}

/** How a call goes wrong; a write also after it is done. */
function faultsOf(kind: Kind, at: number, isWrite: boolean): { at: number; what: Fault }[] {
  const turns = WAYS[kind].map((same) => same[at % same.length] ?? 'denied');
  const ways: readonly Fault[] = isWrite ? [...WAYS[kind].flat(), 'unheard'] : turns;
  return ways.map((what) => ({ at, what }));
}

describe.each(KINDS)('a rotation with %s', (kind) => {
  const runs = READY[kind]();
  const scenes = new Map<string, Scene>();
  let manager: Manager;
  beforeAll(async () => {
    if (!runs) return;
    manager = await MANAGERS[kind]();
    manager.cutter.meet((call) => scenes.get(/fault-\d+-\d+-x/.exec(call.text)?.[0] ?? '')?.meet(call) ?? null);
  }, 60_000);
  afterAll(() => manager?.stop());

  async function newScene(role: Role): Promise<Scene> {
    const scene = new Scene(manager);
    scenes.set(scene.name, scene);
    await scene.prepare(role);
    return scene;
  }

  test.skipIf(!runs).each(ROLES)('as its %s, each call going wrong', { timeout: 300_000 }, async (role) => {
    const whole = await newScene(role);
    expect(await whole.run(['rotate', 'prod'], whole.fresh)).toMatchObject({ code: 0 });
    const { calls } = whole;
    expect(calls.length).toBeGreaterThan(4);
    const waiting = calls.flatMap((isWrite, at) => faultsOf(kind, at + 1, isWrite)).values();
    const wrong: string[] = [];
    let faults = 0;
    const lane = async () => {
      for (const { at, what } of waiting) {
        faults += 1;
        const found = await failAt(role, at, what);
        wrong.push(...found.map((each) => `${what} at call ${at} of ${calls.length}: ${each}`));
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(wrong.length, wrong.join('\n\n')).toBe(0);
    process.stderr.write(`${manager.name} as ${role}: ${calls.length} calls, ${faults} faults\n`);
  });

  /** @returns what is not as it must be */
  async function failAt(role: Role, at: number, what: Fault): Promise<string[]> {
    const scene = await newScene(role);
    const { name, old, fresh } = scene;
    const reader = startReader(manager, name);
    scene.arm(at, what, TRIED_AGAIN[kind].includes(what));
    const first = await scene.run(['rotate', 'prod'], fresh);
    scene.disarm();
    const met = scene.calls.length >= at;
    const said = `${first.code} ${first.stderr}${await scene.end()}`;
    const seen = [...(await reader.stop())].filter((key) => key !== old && key !== fresh);
    const { entry } = scene;
    const { pending, previous } = await scene.beside();
    const checks: Readonly<Record<string, boolean>> = {
      'it met its fault': met,
      'a code of its own': [0, 1, 4, 5].includes(first.code),
      'nothing secret in words': !said.includes(old) && !said.includes(fresh),
      'readers had working keys': seen.length === 0,
      'the manager has the new one': (await manager.current(name)) === fresh,
      'the name gives the new one': (await scene.run(['print', 'prod'])).stdout.trim() === fresh,
      'nothing is pending': pending === null && entry?.pending === null,
      'nothing is under way': entry?.change === null,
      // Who is told that there is nothing believes it.
      'the one before is kept': previous === old || what === 'missing',
    };
    return Object.entries(checks).flatMap(([check, holds]) => (holds ? [] : [`not so: ${check}: ${said}`]));
  }
});
