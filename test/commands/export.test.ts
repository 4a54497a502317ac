import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions, temporaryFolder } from '../support/host.ts';

/** A machine with one key of each kind. */
async function machineWithKeys() {
  const machine = new TestMachine();
  const api = await storeKey(machine, 'production', { default: true });
  const admin = await storeKey(machine, 'console', { kind: 'admin' });
  const oauth = await storeKey(machine, 'claude-code', { kind: 'oauth' });
  return { machine, api, admin, oauth };
}

describe('export', () => {
  test('sets the variable that goes with the kind of key', async () => {
    const { machine, api, admin, oauth } = await machineWithKeys();
    const printed = async (name: string) => (await machine.run(['export', name, '--shell', 'bash'])).stdout;
    expect(await printed('production')).toBe(`export ANTHROPIC_API_KEY='${api}'\n`);
    expect(await printed('console')).toBe(`export ANTHROPIC_ADMIN_KEY='${admin}'\n`);
    expect(await printed('claude-code')).toBe(`export CLAUDE_CODE_OAUTH_TOKEN='${oauth}'\n`);
  });

  test('sets the variable that is named', async () => {
    const { machine, api } = await machineWithKeys();
    const { stdout } = await machine.run(['export', '--shell', 'fish', '--var', 'MY_KEY']);
    expect(stdout).toBe(`set -gx MY_KEY '${api}'\n`);
  });

  test('writes for the shell that SHELL names, when the parent is none', async () => {
    const { machine, api } = await machineWithKeys();
    const { stdout } = await machine.run(['export'], { env: { SHELL: '/usr/bin/elvish' } });
    expect(stdout).toBe(`set-env ANTHROPIC_API_KEY '${api}'\n`);
  });

  test.each([
    ['dotenv', (secret: string) => `ANTHROPIC_API_KEY=${secret}\n`],
    ['json', (secret: string) => `{\n  "ANTHROPIC_API_KEY": "${secret}"\n}\n`],
  ])('writes %s', async (format, expected) => {
    const { machine, api } = await machineWithKeys();
    expect(await machine.run(['export', '--format', format])).toEqual({ code: 0, stdout: expected(api), stderr: '' });
  });

  test('--json is --format json', async () => {
    const { machine, api } = await machineWithKeys();
    expect(JSON.parse((await machine.run(['export', '--json'])).stdout)).toEqual({ ANTHROPIC_API_KEY: api });
  });

  test.each(['two\nlines', "quo'te", '$HOME', 'a b', 'a#b', '\\n', '`id`', ''])('dotenv refuses %j', async (secret) => {
    const machine = new TestMachine();
    await storeKey(machine, 'odd', { secret });
    const { code, stdout, stderr } = await machine.run(['export', '--format', 'dotenv']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('hint: use --format json');
  });
});

describe('export --unset', () => {
  const BASH = ['export', '--shell', 'bash', '--unset'];

  test('asks no store, and takes the variable from the kind of key', async () => {
    const { machine } = await machineWithKeys();
    machine.keychain.failure = new Error('asked');
    expect((await machine.run([...BASH, 'console'])).stdout).toBe('unset ANTHROPIC_ADMIN_KEY\n');
  });

  test('needs no key when the variable is named', async () => {
    expect(await new TestMachine().run([...BASH, '--var', 'MY_KEY'])).toEqual({
      code: 0,
      stdout: 'unset MY_KEY\n',
      stderr: '',
    });
  });

  test('may go to a terminal: it shows nothing', async () => {
    const { machine } = await machineWithKeys();
    expect((await machine.run(BASH, { stdoutIsTTY: true })).stdout).toBe('unset ANTHROPIC_API_KEY\n');
  });

  test('is null in JSON', async () => {
    const { machine } = await machineWithKeys();
    expect((await machine.run(['export', '--unset', '--json'])).stdout).toBe('{\n  "ANTHROPIC_API_KEY": null\n}\n');
  });
});

describe('export to GitHub Actions', () => {
  test('masks the secret first, then sets the variable for the later steps', async () => {
    const { machine, api } = await machineWithKeys();
    const file = join(temporaryFolder(), 'env');
    writeFileSync(file, 'BEFORE=1\n');
    const result = await machine.run(['export', '--format', 'github-actions'], { env: { GITHUB_ENV: file } });
    expect(result).toEqual({ code: 0, stdout: `::add-mask::${api}\n`, stderr: '' });
    const [before, opening = '', value, closing, rest] = readFileSync(file, 'utf8').split('\n');
    const delimiter = /^ANTHROPIC_API_KEY<<(claude_keys_[0-9a-f-]{36})$/.exec(opening)?.[1];
    expect([before, value, closing, rest]).toEqual(['BEFORE=1', api, delimiter, '']);
  });

  test('masks every line of a secret that has several', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'odd', { secret: 'a%\r\nb' });
    const env = { GITHUB_ENV: join(temporaryFolder(), 'env') };
    const { stdout } = await machine.run(['export', '--format', 'github-actions'], { env });
    expect(stdout).toBe('::add-mask::a%25%0D%0Ab\n');
  });

  test('is refused where there is no GITHUB_ENV', async () => {
    const { machine } = await machineWithKeys();
    const { code, stdout, stderr } = await machine.run(['export', '--format', 'github-actions']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('GITHUB_ENV is not set');
  });

  test('fails when that file cannot be written', async () => {
    const { machine } = await machineWithKeys();
    const env = { GITHUB_ENV: join(temporaryFolder(), 'no', 'env') };
    expect((await machine.run(['export', '--format', 'github-actions'], { env })).code).toBe(4);
  });
});

describe('export to a terminal', () => {
  test.each([
    [[], { SHELL: '/bin/zsh' }, 'eval "$(claude-keys export production)"'],
    [['--shell', 'fish'], {}, 'claude-keys export production --shell fish | source'],
    [['--var', 'X'], { SHELL: '/bin/tcsh' }, 'eval "`claude-keys export production --var X`"'],
    [['--shell', 'powershell'], {}, 'claude-keys export production --shell powershell | Invoke-Expression'],
    [['--shell', 'nushell'], {}, 'claude-keys export production --format json | from json | load-env'],
    [['--shell', 'elvish'], {}, 'eval (claude-keys export production --shell elvish | slurp)'],
    [['--shell', 'xonsh'], {}, 'execx($(claude-keys export production --shell xonsh))'],
    [[], {}, 'claude-keys exec production -- COMMAND'],
    [['--format', 'dotenv'], {}, 'send it to a file or a pipe'],
  ])('%j is refused, with what to do in that shell', async (args, env: Record<string, string>, hint) => {
    const { machine } = await machineWithKeys();
    machine.keychain.failure = new Error('asked');
    const { code, stdout, stderr } = await machine.run(['export', ...args], { env, stdoutIsTTY: true });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain(`${hint}; show it all the same: --force\n`);
  });

  test('is done with --force', async () => {
    const { machine, api } = await machineWithKeys();
    const { stdout } = await machine.run(['export', '--force', '--shell', 'sh'], { stdoutIsTTY: true });
    expect(stdout).toBe(`export ANTHROPIC_API_KEY='${api}'\n`);
  });
});

describe('export says what is wrong with', () => {
  test.each<[string, string[], TestOptions, string]>([
    ['a shell that nothing tells', [], {}, 'which shell is to read this?'],
    ['a shell and a format', ['--shell', 'sh', '--format', 'json'], {}, '--shell and --format exclude each other'],
    ['a shell and JSON', ['--shell', 'sh', '--json'], {}, '--shell and --json exclude each other'],
    ['JSON and another format', ['--json', '--format', 'dotenv'], {}, '--json and --format dotenv exclude each other'],
    ['unsetting in a file', ['--unset', '--format', 'dotenv'], {}, '--unset and --format dotenv exclude each other'],
    ['a name that is no variable', ['--var', 'A;id'], {}, '"A;id" is not a variable name'],
    ['a name that begins with a digit', ['--var', '1A'], {}, '"1A" is not a variable name'],
    ['an empty name', ['--var', ''], {}, '"" is not a variable name'],
    ['a shell it does not know', ['--shell', 'cmd'], {}, 'cmd'],
  ])('%s', async (_, args, options, message) => {
    const { machine } = await machineWithKeys();
    const { code, stdout, stderr } = await machine.run(['export', ...args], options);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain(args.includes('--json') ? JSON.stringify(message) : message);
  });
});
