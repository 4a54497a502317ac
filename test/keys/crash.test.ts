import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

/**
 * The program is stopped for ever before and after every single write to the store, for every command that writes more
 * than once. What is on the disk and in the store then must be a state from which nothing is lost, and out of which the
 * command that `status` names leads. (Real processes are killed in test/e2e/kill.test.ts.)
 */
interface Story {
  readonly command: string;
  /** The command line; NEW stands for the new secret, which comes on standard input. */
  readonly argv: readonly string[];
  readonly hasPrevious?: true;
  readonly fresh?: true;
}

const STORIES: readonly Story[] = [
  { command: 'add', argv: ['add', 'prod', '--no-verify'], fresh: true },
  { command: 'add --replace', argv: ['add', 'prod', '--replace', '--no-verify'] },
  { command: 'rotate', argv: ['rotate', 'prod', '--no-verify'] },
  { command: 'rotate --retire never', argv: ['rotate', 'prod', '--no-verify', '--retire', 'never'] },
  { command: 'rotate --rollback', argv: ['rotate', 'prod', '--rollback', '--no-verify', '--yes'], hasPrevious: true },
];

const ENDINGS = [
  ['--resume', ['rotate', 'prod', '--resume', '--no-verify']],
  ['--abort', ['rotate', 'prod', '--abort']],
] as const;

class Scene {
  readonly machine = new TestMachine();
  readonly fresh = makeKey();
  old = '';
  previous = '';

  async prepare(story: Story): Promise<void> {
    if (story.fresh) return;
    this.old = await storeKey(this.machine, 'prod');
    if (!story.hasPrevious) return;
    // Through the front door, so that the state is one that really comes about.
    this.previous = this.old;
    this.old = makeKey();
    await this.machine.run(['rotate', 'prod', '--no-verify'], { stdin: this.old });
  }

  run(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return this.machine.run(argv, { stdin: this.fresh });
  }

  secret(slot: 'current' | 'pending' | 'previous'): string | undefined {
    return this.machine.keychain.slots.get(slotOf('prod', slot))?.reveal();
  }

  /** Runs until the given write and leaves the program standing there, as a kill would. */
  async runUntil(argv: readonly string[], write: number, moment: 'before' | 'after'): Promise<void> {
    let writes = 0;
    await new Promise<void>((stopped, failed) => {
      this.machine.keychain.onWrite = async (at) => {
        if (at === 'before') writes += 1;
        if (writes !== write || at !== moment) return;
        stopped();
        await new Promise(() => {});
      };
      this.run(argv).then(({ stderr }) => failed(new Error(`it ran through: ${stderr}`)), failed);
    });
    this.machine.keychain.onWrite = async () => {};
    dropLocks(this.machine);
  }

  /** Every secret in the store is one that the registry knows of, and the other way round. */
  expectConsistent(): void {
    const entry = readRegistry(this.machine.context()).keys.get('prod');
    const slots = [...this.machine.keychain.slots.keys()].sort();
    const known =
      entry === undefined ? [] : ['prod', entry.pending && 'prod@pending', entry.previous && 'prod@previous'];
    expect(slots).toEqual(known.filter((slot) => slot !== null));
    expect(entry?.change ?? null).toBeNull();
  }
}

/** The kernel of a killed process would say that it is dead; here it is our own process, which is not. */
function dropLocks(machine: TestMachine): void {
  const folder = dirname(machine.context().paths.registryFile);
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (file.includes('.lock.')) rmSync(join(folder, file));
  }
}

async function countWrites(story: Story): Promise<number> {
  const scene = new Scene();
  await scene.prepare(story);
  let writes = 0;
  scene.machine.keychain.onWrite = async (at) => {
    if (at === 'before') writes += 1;
  };
  const { code, stderr } = await scene.run(story.argv);
  expect(code, stderr).toBe(0);
  expect(scene.secret('current')).toBe(story.argv.includes('--rollback') ? scene.previous : scene.fresh);
  scene.expectConsistent();
  return writes;
}

describe.each(STORIES)('stopped at any write of $command', (story) => {
  test.each(ENDINGS)('the name gives a whole secret, and %s ends it', async (ending, argv) => {
    const writes = await countWrites(story);
    expect(writes).toBeGreaterThan(0);
    for (let write = 1; write <= writes; write += 1) {
      for (const moment of ['before', 'after'] as const) {
        const scene = new Scene();
        await scene.prepare(story);
        const target = story.argv.includes('--rollback') ? scene.previous : scene.fresh;
        await scene.runUntil(story.argv, write, moment);

        const allowed = story.fresh ? [undefined, target] : [scene.old, target];
        expect(allowed, `${moment} write ${write}`).toContain(scene.secret('current'));
        const where = `${moment} write ${write}`;
        const status = await scene.run(['status', '--json']);
        if (readRegistry(scene.machine.context()).keys.get('prod')?.change === null) {
          // Past its end: what is left to do is to forget the old secret.
          expect(status.stdout, where).toContain('previous_active');
          expect((await scene.run(['retire', 'prod', '--forget', '--yes'])).code, where).toBe(0);
          expect(scene.secret('current'), where).toBe(target);
        } else {
          expect(status.stdout, where).toContain('_unfinished');
          const { code, stderr } = await scene.run(argv);
          const undone = stderr.includes('had not been stored yet');
          expect(code, `${where}: ${stderr}`).toBe(undone ? 1 : 0);
          const goneBack = undone || ending === '--abort';
          expect(scene.secret('current'), where).toBe(goneBack ? (story.fresh ? undefined : scene.old) : target);
        }
        scene.expectConsistent();
      }
    }
  });
});

describe('stopped at any write', () => {
  test('of rename, one of the two names works and the same call ends it', async () => {
    for (let write = 1; write <= 4; write += 1) {
      for (const moment of ['before', 'after'] as const) {
        const scene = new Scene();
        await scene.prepare({ command: 'rename', argv: [] });
        await scene.runUntil(['rename', 'prod', 'live'], write, moment);
        const registry = readRegistry(scene.machine.context());
        const [name = ''] = [...registry.keys.keys()];
        expect(scene.machine.keychain.slots.get(name)?.reveal()).toBe(scene.old);
        expect((await scene.run(['rename', 'prod', 'live'])).code).toBe(0);
        expect([...scene.machine.keychain.slots.keys()]).toEqual(['live']);
        expect(readRegistry(scene.machine.context()).keys.get('live')?.change).toBeNull();
      }
    }
  });

  test('of remove, the entry stays until the same call ends it', async () => {
    for (let write = 1; write <= 3; write += 1) {
      for (const moment of ['before', 'after'] as const) {
        const scene = new Scene();
        await scene.prepare({ command: 'remove', argv: [] });
        await scene.runUntil(['remove', 'prod', '--yes'], write, moment);
        expect(readRegistry(scene.machine.context()).keys.get('prod')?.change?.operation).toBe('remove');
        expect((await scene.run(['remove', 'prod', '--yes'])).code).toBe(0);
        expect(readRegistry(scene.machine.context()).keys.size).toBe(0);
        expect(scene.machine.keychain.slots.size).toBe(0);
      }
    }
  });
});

test('a store that fails in the middle leaves everything as it was', async () => {
  const scene = new Scene();
  await scene.prepare({ command: 'rotate', argv: [] });
  scene.machine.keychain.onWrite = async () => {
    throw new Error('the store broke');
  };
  const before = readRegistry(scene.machine.context());
  expect((await scene.run(['rotate', 'prod', '--no-verify'])).code).toBe(70);
  expect(readRegistry(scene.machine.context())).toEqual(before);
  expect(scene.machine.keychain.slots.get(slotOf('prod', 'current'))?.equals(new Secret(scene.old))).toBe(true);
});
