import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

async function machineWithKey(): Promise<TestMachine> {
  const machine = new TestMachine();
  await storeKey(machine, 'prod', {
    environment: 'production',
    note: 'old',
    expiresAt: '2027-01-01T00:00:00.000Z',
    rotateAfterDays: 90,
  });
  return machine;
}

async function shownOf(machine: TestMachine): Promise<Record<string, unknown>> {
  return JSON.parse((await machine.run(['status', 'prod', '--json'])).stdout).keys[0];
}

describe('edit', () => {
  test.each([
    [['--env', 'staging'], { environment: 'staging' }, 'prod: environment is now staging'],
    [['--env', ' Büro 🚀 '], { environment: 'Büro 🚀' }, 'prod: environment is now Büro 🚀'],
    [['--env', ''], { environment: null }, 'prod: environment cleared'],
    [['--note', 'for the backend'], { note: 'for the backend' }, 'prod: note is now for the backend'],
    [['--note='], { note: null }, 'prod: note cleared'],
    [['--expires', '30d'], { expiresAt: '2026-12-24T12:00:00.000Z' }, 'prod: expiry is now 2026-12-24T12:00:00.000Z'],
    [['--expires', ''], { expiresAt: null }, 'prod: expiry cleared'],
    [
      ['--rotate-after', '30'],
      { rotateAfterDays: 30, rotateBy: '2026-12-24T12:00:00.000Z' },
      'prod: rotation age in days is now 30',
    ],
    [['--rotate-after', ''], { rotateAfterDays: null, rotateBy: null }, 'prod: rotation age in days cleared'],
    [['--env', 'x', '--note', ''], { environment: 'x', note: null }, 'prod: note cleared'],
  ])('%j changes that and nothing else', async (options, changed, said) => {
    const machine = await machineWithKey();
    const before = await shownOf(machine);
    const { code, stdout, stderr } = await machine.run(['edit', 'prod', ...options]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`${said}\n`);
    expect(await shownOf(machine)).toEqual({ ...before, ...changed });
  });

  test('with --json gives the key', async () => {
    const machine = await machineWithKey();
    const { stdout, stderr } = await machine.run(['edit', 'prod', '--env', 'staging', '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ key: await shownOf(machine) });
  });

  test.each([
    [['edit', 'prod'], 2, 'nothing to change was given'],
    [['edit', 'nobody', '--env', 'x'], 3, 'there is no key named nobody'],
    [['edit', 'prod', '--env', 'two\nlines'], 2, 'the environment holds a line break'],
    [['edit', 'prod', '--env', 'x'.repeat(65)], 2, 'the environment has 65 characters'],
    [['edit', 'prod', '--note', 'red \u001b[31m'], 2, 'the note holds'],
    [['edit', 'prod', '--expires', 'yesterday'], 2, 'is not a date'],
    [['edit', 'prod', '--expires', '2020-01-01'], 2, 'already past'],
    [['edit', 'prod', '--rotate-after', '0'], 2, 'is not a number of days'],
    [['edit', 'prod', '--env', 'x', '--rotate-after', 'soon'], 2, 'is not a number of days'],
  ])('%j exits %i and changes nothing', async (argv, code, message) => {
    const machine = await machineWithKey();
    const { registryFile } = machine.context().paths;
    const before = readFileSync(registryFile, 'utf8');
    expect(await machine.run(argv)).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
    expect(readFileSync(registryFile, 'utf8')).toBe(before);
  });

  test('refuses a secret as a note, without repeating it', async () => {
    const key = makeKey();
    const { code, stderr } = await (await machineWithKey()).run(['edit', 'prod', '--note', `old: ${key}`]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(key.slice(13, 30));
  });
});
