import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { TestMachine } from '../support/host.ts';
import { KINDS, MANAGERS, type Manager, READY, startReader } from '../support/managers/scene.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

/**
 * A rotation is stopped for ever before and after every single write to a manager, which is the key's home or one of
 * its targets, while a program reads the current version there every 20 ms. It must get the old key or the new one each
 * time, and what `status` says must lead out.
 */
const ROLES = ['home', 'target'] as const;

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api?.stop());

let counter = 0;

function freshNumber(): number {
  counter += 1;
  return counter;
}

class Scene {
  readonly machine = new TestMachine();
  readonly name = `crash-${process.pid}-${freshNumber()}`;
  readonly old = this.#key();
  readonly fresh = this.#key();
  readonly #manager: Manager;
  readonly #env: Record<string, string>;

  constructor(manager: Manager) {
    this.#manager = manager;
    this.#env = { ...manager.env, ANTHROPIC_BASE_URL: api.url };
  }

  #key(): string {
    const key = makeKey();
    api.addKey(key);
    return key;
  }

  run(...argv: string[]) {
    return this.machine.run(argv, { env: this.#env, stdin: this.fresh });
  }

  async prepare(role: (typeof ROLES)[number]): Promise<void> {
    const uri = this.#manager.at(this.name);
    const add = ['add', 'prod', '--no-verify', ...(role === 'home' ? ['--store', uri] : [])];
    const added = await this.machine.run(add, { env: this.#env, stdin: this.old });
    expect(added, added.stderr).toMatchObject({ code: 0 });
    if (role === 'target') expect(await this.run('link', 'prod', uri)).toMatchObject({ code: 0 });
  }

  /** Runs until the write hangs, and leaves the program standing there, as a kill would. */
  async runUntil(write: number, moment: 'before' | 'after'): Promise<void> {
    const reached = this.#manager.cutter.arm(write, moment);
    await Promise.race([
      reached,
      this.run('rotate', 'prod').then(({ stderr }) => {
        throw new Error(`it ran through: ${stderr}`);
      }),
    ]);
    dropLocks(this.machine);
  }

  current(): Promise<string | null> {
    return this.#manager.current(this.name);
  }

  async print(): Promise<string> {
    return (await this.run('print', 'prod')).stdout.trim();
  }
}

/** The kernel of a killed process would say that it is dead; here it is our own process, which is not. */
function dropLocks(machine: TestMachine): void {
  const folder = dirname(machine.context().paths.registryFile);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (file.includes('.lock.')) rmSync(join(folder, file), { force: true });
  }
}

describe.each(KINDS)('a rotation with %s', (kind) => {
  const runs = READY[kind]();
  let manager: Manager;
  beforeAll(async () => {
    if (runs) manager = await MANAGERS[kind]();
  }, 60_000);
  afterAll(() => manager?.stop());

  test.skipIf(!runs).each(ROLES)(
    'as its %s, stopped at any write, always has a working key there',
    async (role) => {
      const whole = new Scene(manager);
      await whole.prepare(role);
      void manager.cutter.arm(0);
      const { code, stderr } = await whole.run('rotate', 'prod');
      expect(code, stderr).toBe(0);
      const { writes } = manager.cutter;
      expect(writes).toBeGreaterThan(1);

      for (let write = 1; write <= writes; write += 1) {
        for (const moment of ['before', 'after'] as const) {
          const scene = new Scene(manager);
          await scene.prepare(role);
          const reader = startReader(manager, scene.name);
          await scene.runUntil(write, moment);
          expect([scene.old, scene.fresh]).toContain(await scene.print());
          // Both ways out, in turn; behind the promotion there is only the one forward.
          const back =
            (write + (moment === 'before' ? 0 : 1)) % 2 === 0 && (await scene.run('rotate', 'prod', '--abort'));
          const isBack = back !== false && back.code === 0;
          const forward = isBack ? null : await scene.run('rotate', 'prod', '--resume');
          const where = `write ${write} of ${writes}, ${moment}: ${forward?.stderr}`;
          // Not even staged yet: then the old key stays, and the way out says so.
          const undone = isBack || (forward?.code === 1 && /had not been stored yet/.test(forward.stderr));
          if (!undone) expect(forward?.code, where).toBe(0);
          const wanted = undone ? scene.old : scene.fresh;
          expect(await scene.print(), where).toBe(wanted);
          expect(await scene.current(), where).toBe(wanted);
          expect(readRegistry(scene.machine.context()).keys.get('prod'), where).toMatchObject({
            change: null,
            pending: null,
          });
          const seen = [...(await reader.stop())];
          for (const key of seen) expect([scene.old, scene.fresh], where).toContain(key);
        }
      }
    },
    120_000,
  );

  test.skipIf(!runs).each(ROLES)('as its %s never shows readers a key that was rejected', async (role) => {
    const scene = new Scene(manager);
    await scene.prepare(role);
    api.setKey(scene.fresh, { state: 'inactive' });
    const reader = startReader(manager, scene.name);
    expect((await scene.run('rotate', 'prod')).code).toBe(1);
    expect([...(await reader.stop())]).toEqual([scene.old]);
    expect(await scene.current()).toBe(scene.old);
  });
});
