import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canMountDisks, type Disk, makeDisk } from '../support/disk.ts';
import { World } from '../support/world.ts';

/** What a broken disk does to a machine with one key; each gives back how to mend it. */
const BROKEN = [
  ['full', 'the disk is full', (disk: Disk) => disk.fill()],
  ['read-only', 'read-only', (disk: Disk) => disk.makeReadOnly()],
] as const;

const WRITING = [
  ['add', ['add', 'new', '--no-verify']],
  ['rotate', ['rotate', 'prod', '--no-verify']],
  ['rename', ['rename', 'prod', 'live']],
  ['edit', ['edit', 'prod', '--note', 'x'.repeat(400)]],
] as const;

describe.skipIf(!canMountDisks())('on a disk that is', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start('file');
  });
  afterAll(() => world.stop());

  test.each(BROKEN)('%s, every change says so and leaves the old state intact', async (_, says, breakIt) => {
    const disk = makeDisk(256);
    const env = { CLAUDE_KEYS_HOME: join(disk.folder, 'keys') };
    const secret = world.makeKey();
    expect((await world.run(['add', 'prod'], { env, input: secret })).code).toBe(0);
    const before = registryOf(env.CLAUDE_KEYS_HOME);
    breakIt(disk);
    for (const [command, argv] of WRITING) {
      const result = await world.run(argv, { env, input: world.makeKey() });
      expect(result.code, `${command}: ${result.stderr}`).toBe(4);
      expect(result.stderr, command).toContain(says);
      expect(result.stderr, command).toMatch(/^claude-keys: hint: ./m);
      expect(registryOf(env.CLAUDE_KEYS_HOME), command).toEqual(before);
      expect((await world.run(['print', 'prod'], { env })).stdout, command).toBe(`${secret}\n`);
    }
    expect(readdirSync(env.CLAUDE_KEYS_HOME).filter((file) => file.endsWith('.new'))).toEqual([]);
  });

  test('full in the middle of a rotation, the name keeps its secret and the rotation ends once there is room', async () => {
    const disk = makeDisk(256);
    const env = { CLAUDE_KEYS_HOME: join(disk.folder, 'keys') };
    const [secret, fresh] = [world.makeKey(), world.makeKey({ answer: 'overloaded' })];
    await world.run(['add', 'prod'], { env, input: secret });
    expect((await world.run(['rotate', 'prod'], { env, input: fresh })).code).toBe(5);
    world.api.setKey(fresh, { answer: null });
    const makeRoom = disk.fill();
    expect((await world.run(['rotate', 'prod', '--resume'], { env })).code).toBe(4);
    expect((await world.run(['print', 'prod'], { env })).stdout).toBe(`${secret}\n`);
    makeRoom();
    expect((await world.run(['rotate', 'prod', '--resume'], { env })).code).toBe(0);
    expect((await world.run(['print', 'prod'], { env })).stdout).toBe(`${fresh}\n`);
  });
});

function registryOf(home: string): string {
  return readFileSync(join(home, 'registry.json'), 'utf8');
}
