import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';

describe('print', () => {
  test('prints the secret and a newline, and nothing else', async () => {
    const machine = new TestMachine();
    const secret = await storeKey(machine, 'production');
    expect(await machine.run(['print', 'production'])).toEqual({ code: 0, stdout: `${secret}\n`, stderr: '' });
  });

  test('prints the key that is meant when no name is given', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'other');
    const secret = await storeKey(machine, 'laptop', { default: true });
    expect((await machine.run(['print'])).stdout).toBe(`${secret}\n`);
  });

  test('prints one document with --json', async () => {
    const machine = new TestMachine();
    const secret = await storeKey(machine, 'production');
    const { code, stdout, stderr } = await machine.run(['print', 'production', '--json']);
    expect({ code, stderr, document: JSON.parse(stdout) }).toEqual({
      code: 0,
      stderr: '',
      document: { key: 'production', secret },
    });
  });

  test('refuses a terminal, and asks no store for the secret', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'production');
    machine.keychain.failure = new Error('asked');
    expect(await machine.run(['print'], { stdoutIsTTY: true })).toEqual({
      code: 6,
      stdout: '',
      stderr:
        'claude-keys: the secret would be shown on this terminal\n' +
        'claude-keys: hint: pipe it: claude-keys print production | COMMAND, or copy it: claude-keys copy production; show it all the same: --force\n',
    });
  });

  test('prints to a terminal with --force', async () => {
    const machine = new TestMachine();
    const secret = await storeKey(machine, 'production');
    const { code, stdout } = await machine.run(['print', '--force'], { stdoutIsTTY: true });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${secret}\n` });
  });

  test('says which names there are when there is no such key', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'production');
    const { code, stdout, stderr } = await machine.run(['print', 'staging']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('hint: there are: production\n');
  });
});
