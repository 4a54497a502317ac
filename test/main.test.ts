import { describe, expect, test } from 'vitest';
import { TestMachine } from './support/host.ts';
import { makeKey } from './support/secrets.ts';

describe('the command line', () => {
  test('says what to do first when nothing is stored', async () => {
    const result = await new TestMachine().run([]);
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('claude-keys add production');
  });

  test('without a command takes the global options', async () => {
    const machine = new TestMachine();
    expect(await machine.run(['--json'])).toEqual({ code: 0, stdout: '{\n  "keys": 0\n}\n', stderr: '' });
    expect((await machine.run(['--no-color', '--verbose'])).stdout).toContain('claude-keys add production');
  });

  test.each(['budget', 'grant'])('the help of %s lists the global options last, in one list', async (command) => {
    const { stdout } = await new TestMachine().run([command, '--help']);
    const heads = stdout.split('\n').filter((line) => /^[A-Z].*:$/.test(line));
    expect(heads.slice(heads.indexOf('Global options:'))).toEqual(['Global options:', 'Examples:']);
    expect(stdout.match(/print this help/g)).toHaveLength(1);
  });

  test('shows where the command of exec stands', async () => {
    const { stdout } = await new TestMachine().run(['--help', '--no-color']);
    expect(stdout).toContain('  exec [name] -- command [args...]');
  });

  test.each([
    ['an unknown command', ['ad'], "unknown command 'ad'", 'did you mean add?'],
    [
      'an unknown option',
      ['status', '--frobnicate'],
      "unknown option '--frobnicate'",
      'see: claude-keys status --help',
    ],
    [
      'an option without its value',
      ['add', 'x', '--env'],
      "option '--env <LABEL>' argument missing",
      'see: claude-keys add --help',
    ],
  ])('explains %s', async (_, argv, message, hint) => {
    const result = await new TestMachine().run(argv);
    expect(result).toEqual({ code: 2, stdout: '', stderr: `claude-keys: ${message}\nclaude-keys: hint: ${hint}\n` });
  });

  test.each([
    [['add', 'KEY']],
    [['print', 'KEY']],
    [['add', 'x', '--note', 'my KEY here']],
    [['exec', 'KEY', '--', 'true']],
  ])('refuses a secret as an argument without repeating it: %j', async (argv) => {
    const key = makeKey();
    const result = await new TestMachine().run(argv.map((word) => word.replace('KEY', key)));
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('shell history');
    expect(result.stderr).not.toContain(key.slice(20, 40));
  });
});
