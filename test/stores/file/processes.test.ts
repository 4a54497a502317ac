import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Secret } from '../../../src/keys/secret.ts';
import type { FileStore } from '../../../src/stores/file/file-store.ts';
import { type Child, childScript } from '../../support/child.ts';
import { canMountDisks, makeDisk } from '../../support/disk.ts';
import { requirement, requireTools } from '../../support/require.ts';
import { Scene, slot } from './scene.ts';

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const start = childScript(new URL('./store-child.ts', import.meta.url));

function child(scene: Scene, args: readonly string[], before: readonly string[] = []): Child {
  return start(args, { before, env: { CLAUDE_KEYS_HOME: scene.paths.data } });
}

describe('many processes', () => {
  test('20 of them, each setting a slot of a store that is not there yet: all are kept', async () => {
    const scene = new Scene();
    const names = Array.from({ length: 20 }, (_, index) => `slot-${index}`);
    const children = names.map((name) => child(scene, ['set', name, `value of ${name}`]));
    // On a slow machine the last ones are told that they wait, which is right.
    const stderr = expect.stringMatching(/^(claude-keys: waiting for another claude-keys [^\n]*\n)?$/);
    for (const { ended } of children) expect(await ended).toMatchObject({ code: 0, stdout: '', stderr });
    for (const name of names) expect(await scene.read(name)).toBe(`value of ${name}`);
  });

  test('what one deletes while others set stays deleted', async () => {
    const scene = new Scene();
    for (let index = 0; index < 5; index += 1) await scene.put(`old-${index}`, 'old');
    const children = [0, 1, 2, 3, 4].flatMap((index) => [
      child(scene, ['delete', `old-${index}`]),
      child(scene, ['set', `new-${index}`, 'new']),
    ]);
    for (const { ended } of children) expect((await ended).code).toBe(0);
    for (const index of [0, 1, 2, 3, 4]) {
      expect(await scene.read(`old-${index}`)).toBeUndefined();
      expect(await scene.read(`new-${index}`)).toBe('new');
    }
  });
});

/** What a writer that was killed has said: the last number it began to write, and the last that was written. */
async function lastWords(
  { ended }: Child,
  first: string | null,
): Promise<{ begun: number; done: number; rest: string[] }> {
  const { stdout, stderr } = await ended;
  const lines = [first ?? '', ...stdout.split('\n'), ...stderr.split('\n')].filter((line) => line !== '');
  const last = (word: string) => Number(lines.findLast((line) => line.startsWith(word))?.slice(word.length) ?? -1);
  return { begun: last('begin '), done: last('done '), rest: lines.filter((line) => !/^(begin|done) \d+$/.test(line)) };
}

test('100 writers killed at random moments: every slot is whole, the old value or the new', async () => {
  const scene = new Scene();
  const written = new Map<string, number>();
  const midway = { count: 0 };
  for (let round = 0; round < 50; round += 1) {
    const writers = ['left', 'right'].map((name) => {
      const from = (written.get(name) ?? -1) + 1;
      return { name, writer: child(scene, ['write-on', name, String(from)]) };
    });
    const first = await Promise.all(writers.map(({ writer }) => writer.line()));
    for (const { writer } of writers) {
      await sleep(Math.random() * 80);
      writer.process.kill('SIGKILL');
    }
    for (const [index, { name, writer }] of writers.entries()) {
      const { begun, done, rest } = await lastWords(writer, first[index] ?? null);
      expect(rest).toEqual([]);
      await expectWhole(scene.store, name, { known: written, begun, done });
      if (begun > done) midway.count += 1;
    }
  }
  expect(midway.count, 'kills during a write').toBeGreaterThan(50);
  const left = readdirSync(scene.paths.data).filter((name) => !name.startsWith('keys.age.lock.'));
  expect(left.length, left.join(' ')).toBeLessThan(8);
  await scene.put('left', 'works as before');
  expect(await scene.read('left')).toBe('works as before');
});

interface Progress {
  /** The number each slot had when it was last looked at; brought up to date. */
  readonly known: Map<string, number>;
  readonly begun: number;
  readonly done: number;
}

/** The slot holds what was written last, or what was begun after that, whole. */
async function expectWhole(store: FileStore, name: string, { known, begun, done }: Progress): Promise<void> {
  const value = (await store.get(slot(name)))?.reveal();
  const before = Math.max(known.get(name) ?? -1, done);
  if (value === undefined) {
    expect(before, `${name} was there`).toBe(-1);
    return;
  }
  const number = Number(value.split(' ')[0]);
  expect(value).toBe(`${number} `.repeat(50));
  expect([before, begun]).toContain(number);
  known.set(name, number);
}

describe.skipIf(!canMountDisks())('a disk', () => {
  async function sceneOn(disk: { folder: string }): Promise<Scene> {
    const scene = new Scene(join(disk.folder, 'keys'));
    await scene.put('there', 'value');
    return scene;
  }

  test('that is full: setting and deleting say so, reading works, and all is as it was', async () => {
    const disk = makeDisk(64);
    const scene = await sceneOn(disk);
    const before = scene.onDisk();
    const makeRoom = disk.fill();
    const full = { code: 'write_failed', exitCode: 4, message: expect.stringContaining('the disk is full') };
    await expect(scene.put('there', 'new')).rejects.toMatchObject(full);
    await expect(scene.store.delete(slot('there'))).rejects.toMatchObject(full);
    expect(await scene.read('there')).toBe('value');
    expect(scene.onDisk()).toEqual(before);
    makeRoom();
    await scene.put('there', 'new');
    expect(await scene.read('there')).toBe('new');
  });

  test('that becomes full: no write is cut off, and reading works all the time', async () => {
    const disk = makeDisk(64);
    const scene = await sceneOn(disk);
    let last = 0;
    const failure = await (async () => {
      for (;;) {
        await scene.put(`slot-${last}`, String(last).repeat(1_000));
        last += 1;
      }
    })().catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'write_failed', message: expect.stringContaining('the disk is full') });
    expect(last).toBeGreaterThan(3);
    for (let number = 0; number < last; number += 1) {
      expect(await scene.read(`slot-${number}`)).toBe(String(number).repeat(1_000));
    }
    expect(await scene.read(`slot-${last}`)).toBeUndefined();
    expect(await scene.store.delete(slot('slot-0'))).toBe(true);
  });

  test('that is full before the first secret: nothing is left behind that would be in the way', async () => {
    const disk = makeDisk(64);
    const makeRoom = disk.fill();
    const scene = new Scene(join(disk.folder, 'keys'));
    await expect(scene.put('there', 'value')).rejects.toMatchObject({ code: 'write_failed' });
    makeRoom();
    await scene.put('there', 'value');
    expect(await scene.read('there')).toBe('value');
  });

  test('that is read-only: says so, and reading works', async () => {
    const disk = makeDisk(64);
    const scene = await sceneOn(disk);
    disk.makeReadOnly();
    const refused = { code: 'write_failed', exitCode: 4, message: expect.stringContaining('read-only') };
    await expect(scene.put('there', 'new')).rejects.toMatchObject(refused);
    await expect(scene.store.delete(slot('there'))).rejects.toMatchObject(refused);
    expect(await scene.store.delete(slot('none at all'))).toBe(false);
    expect(await scene.read('there')).toBe('value');
  });
});

describe('a limit on the size of files', () => {
  test.each([0, 1])('of %i KiB: says so, and all is as it was', async (limit) => {
    const scene = new Scene();
    await scene.put('there', 'value '.repeat(500));
    const before = scene.onDisk();
    const limited = ['bash', '-c', `ulimit -f ${limit}; exec "$@"`, 'bash'];
    const { code, stdout, stderr } = await child(scene, ['set', 'there', 'new'.repeat(500)], limited).ended;
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(/^4 write_failed: cannot write .*: files may not be that large here; nothing was changed$/);
    expect(scene.onDisk()).toEqual(before);
  });
});

describe.skipIf(!requireTools('setpriv') || !requirement(process.getuid?.() === 0, 'not root'))('another user', () => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

  /** A store that belongs to somebody else, in a folder of this mode; `readable` makes its files that user's own. */
  async function foreign(mode: number, readable: boolean): Promise<Scene> {
    const scene = new Scene();
    await scene.put('there', 'value');
    const { data, identityFile, secretsFile } = scene.paths;
    chmodSync(join(data, '..'), 0o755);
    if (readable) for (const file of [identityFile, secretsFile]) chownSync(file, 65534, 65534);
    chmodSync(data, mode);
    return scene;
  }

  test('may read but not write: reading works, writing says why not', async () => {
    const scene = await foreign(0o755, true);
    const before = scene.onDisk();
    expect((await child(scene, ['get', 'there'], nobody).ended).stdout).toBe('value');
    for (const args of [
      ['set', 'there', 'new'],
      ['delete', 'there'],
    ]) {
      const { stdout } = await child(scene, args, nobody).ended;
      expect(stdout).toMatch(/^4 write_failed: cannot write .*: no permission; nothing was changed$/);
    }
    expect(scene.onDisk()).toEqual(before);
  });

  test.each([0o700, 0o755])('may not read (folder of mode %o): says so, and never "not found"', async (mode) => {
    const scene = await foreign(mode, false);
    const before = scene.onDisk();
    for (const args of [
      ['get', 'there'],
      ['set', 'there', 'new'],
      ['delete', 'there'],
    ]) {
      const { stdout } = await child(scene, args, nobody).ended;
      expect(stdout).toMatch(/^4 store_unavailable: cannot read .*: no permission$/);
    }
    expect(scene.onDisk()).toEqual(before);
  });

  test('has a folder but may not make the one within it', async () => {
    const scene = new Scene();
    chmodSync(join(scene.paths.data, '..'), 0o755);
    mkdirSync(scene.paths.data, { mode: 0o755 });
    const { stdout } = await child(scene, ['set', 'there', 'new'], nobody).ended;
    expect(stdout).toMatch(/^4 write_failed: cannot write .*: no permission/);
    expect(readdirSync(scene.paths.data)).toEqual([]);
  });
});

test('a value that was set is on disk when the call returns, for another process too', async () => {
  const scene = new Scene();
  await scene.store.set(slot('there'), new Secret('value'));
  expect((await child(scene, ['get', 'there']).ended).stdout).toBe('value');
  expect((await child(scene, ['get', 'none']).ended).stdout).toBe('nothing');
  expect(readFileSync(scene.paths.secretsFile).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
});
