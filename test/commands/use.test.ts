import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

async function machineWithKeys(): Promise<TestMachine> {
  const machine = new TestMachine();
  await storeKey(machine, 'production');
  await storeKey(machine, 'staging');
  return machine;
}

describe('use', () => {
  test('makes a key the default', async () => {
    const machine = await machineWithKeys();
    expect(await machine.run(['use', 'staging'])).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('staging is the default key\n'),
    });
    expect(readRegistry(machine.context()).default).toBe('staging');
    const { stdout } = await machine.run(['use', 'production', '--json']);
    expect(JSON.parse(stdout).key).toMatchObject({ name: 'production', default: true });
    expect(readRegistry(machine.context()).default).toBe('production');
  });

  test('says what comes before the default here', async () => {
    const machine = await machineWithKeys();
    writeFileSync(join(machine.home, '.claude-keys'), 'production\n');
    const { stderr } = await machine.run(['use', 'staging'], { env: { CLAUDE_KEYS_KEY: 'production' } });
    expect(stderr).toContain('.claude-keys comes first');
    expect(stderr).toContain('CLAUDE_KEYS_KEY is set and comes first');
  });

  test.each([
    [['use', 'nobody'], 3, 'there is no key named nobody'],
    [['use', 'nobody', '--here'], 3, 'there is no key named nobody'],
    [['use', '../x'], 2, 'is not a key name'],
    [['use'], 2, "missing required argument 'name'"],
  ])('%j exits %i and changes nothing', async (argv, code, message) => {
    const machine = await machineWithKeys();
    expect(await machine.run(argv)).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
    expect(readRegistry(machine.context()).default).toBeNull();
    expect(readdirSync(machine.home)).toEqual(['claude-keys']);
  });

  test('a secret in place of the name is refused without being repeated', async () => {
    const key = makeKey();
    const { code, stderr } = await (await machineWithKeys()).run(['use', key]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(key.slice(13, 30));
  });
});

describe('use --here', () => {
  test('writes one line that everyone may read, which binds the folder and those below', async () => {
    const machine = await machineWithKeys();
    const project = join(machine.home, 'project');
    const below = join(project, 'src', 'deep');
    mkdirSync(below, { recursive: true });
    const file = join(project, '.claude-keys');
    expect(await machine.run(['use', '--here', 'staging'], { cwd: project })).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`${file} says so`),
    });
    expect(readFileSync(file, 'utf8')).toBe('staging\n');
    expect(statSync(file).mode & 0o777).toBe(0o666 & ~process.umask() & 0o644);
    expect(readdirSync(project).sort()).toEqual(['.claude-keys', 'src']);
    expect(readRegistry(machine.context()).default).toBeNull();
    const { stdout } = await machine.run(['use', '--here', 'production', '--json'], { cwd: project });
    expect(JSON.parse(stdout)).toEqual({ key: expect.objectContaining({ name: 'production' }), file });
    const printed = await machine.run(['print'], { cwd: below });
    expect(printed.code).toBe(0);
  });

  test('replaces a link and leaves what it points at alone', async () => {
    const machine = await machineWithKeys();
    const precious = join(machine.home, 'precious');
    writeFileSync(precious, 'mine');
    symlinkSync(precious, join(machine.home, '.claude-keys'));
    expect((await machine.run(['use', '--here', 'staging'])).code).toBe(0);
    expect(readFileSync(precious, 'utf8')).toBe('mine');
    expect(lstatSync(join(machine.home, '.claude-keys')).isFile()).toBe(true);
  });

  test('explains a folder of that name, and leaves nothing behind', async () => {
    const machine = await machineWithKeys();
    mkdirSync(join(machine.home, '.claude-keys', 'inside'), { recursive: true });
    const { code, stderr } = await machine.run(['use', '--here', 'staging']);
    expect(code).toBe(4);
    expect(stderr).toContain('a folder of that name is there');
    expect(readdirSync(machine.home).sort()).toEqual(['.claude-keys', 'claude-keys']);
  });

  test.skipIf(process.getuid?.() === 0)('explains a folder that cannot be written', async () => {
    const machine = await machineWithKeys();
    const project = join(machine.home, 'project');
    mkdirSync(project);
    chmodSync(project, 0o500);
    const { code, stderr } = await machine.run(['use', '--here', 'staging'], { cwd: project });
    expect(code).toBe(4);
    expect(stderr).toContain('no permission');
  });
});
