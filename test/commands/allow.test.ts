import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';

async function prepare(content: string | null = 'prod\n') {
  const machine = new TestMachine();
  await storeKey(machine, 'prod');
  await storeKey(machine, 'other');
  const folder = join(machine.home, 'project');
  const below = join(folder, 'src', 'deep');
  mkdirSync(below, { recursive: true });
  if (content !== null) writeFileSync(join(folder, '.claude-keys'), content);
  const list = () => {
    try {
      return readFileSync(join(machine.home, 'claude-keys', 'allowed'), 'utf8');
    } catch {
      return '';
    }
  };
  return { machine, folder, below, list };
}

describe('allow', () => {
  test('means the nearest folder upward that has a file, or the one that is named', async () => {
    const { machine, folder, below, list } = await prepare();
    const { code, stdout } = await machine.run(['allow', '--json'], { cwd: below });
    expect({ code, document: JSON.parse(stdout) }).toEqual({
      code: 0,
      document: { folder, key: 'prod', changed: true },
    });
    expect(list()).toBe(`${folder}\tprod\n`);
    expect((await machine.run(['allow', folder])).stderr).toContain('may have prod already; nothing was changed');
    expect((await machine.run(['allow', below])).code).toBe(2);
  });

  test('covers what the file says: another name takes its place', async () => {
    const { machine, folder, list } = await prepare();
    await machine.run(['allow', folder]);
    writeFileSync(join(folder, '.claude-keys'), 'other');
    await machine.run(['allow', folder]);
    expect(list()).toBe(`${folder}\tother\n`);
  });

  test('lists the folder itself and not the link to it', async () => {
    const { machine, folder, list } = await prepare();
    const link = join(machine.home, 'link');
    symlinkSync(folder, link);
    await machine.run(['allow', 'link']);
    expect(list()).toBe(`${folder}\tprod\n`);
  });

  test.each([
    ['no file', null, 2],
    ['a file that names no key there is', 'nobody\n', 3],
    ['a file with code in it', '$(id)\n', 2],
  ])('is refused for %s', async (_, content, expected) => {
    const { machine, folder, list } = await prepare(content);
    expect((await machine.run(['allow', folder])).code).toBe(expected);
    expect(list()).toBe('');
  });

  test('is refused for a folder whose name would break the list', async () => {
    const { machine, list } = await prepare();
    const odd = join(machine.home, 'a\nb');
    mkdirSync(odd);
    writeFileSync(join(odd, '.claude-keys'), 'prod\n');
    expect((await machine.run(['allow'], { cwd: odd })).code).toBe(2);
    expect(list()).toBe('');
  });

  test('goes with use --here', async () => {
    const { machine, folder, list } = await prepare(null);
    await machine.run(['use', '--here', 'other'], { cwd: folder });
    expect(list()).toBe(`${folder}\tother\n`);
  });
});

describe('deny', () => {
  test('takes the folder off the list, from below it too, and again does nothing', async () => {
    const { machine, folder, below, list } = await prepare();
    await machine.run(['allow', folder]);
    expect(JSON.parse((await machine.run(['deny', '--json'], { cwd: below })).stdout)).toEqual({
      folder,
      changed: true,
    });
    expect(list()).toBe('');
    expect((await machine.run(['deny', folder])).stderr).toContain('nothing was changed');
  });
});
