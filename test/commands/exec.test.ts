import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { environmentWith } from '../../src/child/environment.ts';
import { badInterpreter, findCommand, type Unusable } from '../../src/child/find.ts';
import { CREDENTIAL_VARIABLES } from '../../src/keys/kind.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, temporaryFolder } from '../support/host.ts';

// Real children are run by test/e2e/exec.test.ts: on newer Nodes `exec` replaces the process, which here is the test.

describe('exec without a command', () => {
  test.each([
    [['exec'], 'there is no -- and no command behind it', 'claude-keys exec NAME -- COMMAND'],
    [['exec', 'prod'], 'there is no -- and no command behind it', 'claude-keys exec prod -- COMMAND'],
    [['exec', 'prod', '--'], 'there is no command behind --', 'claude-keys exec prod -- COMMAND'],
    [['exec', 'prod', 'npm', 'start'], 'the command goes behind --', 'claude-keys exec prod -- npm …'],
    [['exec', 'prod', 'npm', '--', 'x'], 'the command goes behind --', 'claude-keys exec prod -- npm …'],
  ])('%j', async (argv, message, hint) => {
    expect(await new TestMachine().run(argv)).toEqual({
      code: 2,
      stdout: '',
      stderr: `claude-keys: ${message}\nclaude-keys: hint: ${hint}\n`,
    });
  });
});

describe('exec of what cannot be run', () => {
  test('is 127 as in a shell, and says so in JSON too', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const argv = ['exec', 'prod', '--', 'no-such-command'];
    expect(await machine.run(argv)).toEqual({
      code: 127,
      stdout: '',
      stderr: 'claude-keys: command not found: no-such-command\n',
    });
    const { code, stdout } = await machine.run(['exec', '--json', ...argv.slice(1)]);
    expect({ code, document: JSON.parse(stdout) }).toEqual({
      code: 127,
      document: { error: { code: 'command_failed', message: 'command not found: no-such-command', hint: null } },
    });
  });

  test('a name that is no variable is refused before any store is asked', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    machine.keychain.failure = new Error('asked');
    expect((await machine.run(['exec', '--var', 'a b', '--', 'true'])).code).toBe(2);
  });
});

describe('exec --set', () => {
  test.each([
    [['--set', 'A'], 'is no VAR=NAME'],
    [['--set', 'a b=prod'], 'is not a variable name'],
    [['--set', 'A='], 'is not a key name'],
    [['--set', 'A=prod', '--set', 'A=other'], 'A is asked for twice'],
    [['prod', '--set', 'ANTHROPIC_API_KEY=other'], 'ANTHROPIC_API_KEY is asked for twice'],
    [['--var', 'A', '--set', 'B=prod'], '--var is for a key that is named'],
    [['--shield', '--set', 'B=prod'], '--set cannot be used with --shield'],
  ])('refuses %j before any store is asked', async (argv, words) => {
    const machine = new TestMachine();
    for (const name of ['prod', 'other']) await storeKey(machine, name);
    machine.keychain.failure = new Error('asked');
    const { code, stderr } = await machine.run(['exec', ...argv, '--', 'true']);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('names the key that is not there', async () => {
    expect((await new TestMachine().run(['exec', '--set', 'A=nobody', '--', 'true'])).code).toBe(3);
  });
});

describe('the environment of the child', () => {
  test('has the secret, everything else of ours, and no other credential', () => {
    const credentials = Object.fromEntries(CREDENTIAL_VARIABLES.map((name) => [name, 'other']));
    const ours = {
      PATH: '/bin',
      ANTHROPIC_BASE_URL: 'https://gateway.example.com',
      ANTHROPIC_CUSTOM_HEADERS: 'x-team: a',
      CLAUDE_KEYS_HOME: '/h',
      CLAUDE_KEYS_PASSPHRASE: 'p',
      CLAUDE_KEYS_PASSPHRASE_FILE: '/f',
      UNSET: undefined,
      ...credentials,
    };
    const { env, removed } = environmentWith(ours, { ANTHROPIC_API_KEY: 'secret' });
    expect(env).toEqual({
      PATH: '/bin',
      ANTHROPIC_BASE_URL: 'https://gateway.example.com',
      ANTHROPIC_CUSTOM_HEADERS: 'x-team: a',
      CLAUDE_KEYS_HOME: '/h',
      ANTHROPIC_API_KEY: 'secret',
    });
    expect(removed.sort()).toEqual(
      [...CREDENTIAL_VARIABLES, 'CLAUDE_KEYS_PASSPHRASE', 'CLAUDE_KEYS_PASSPHRASE_FILE']
        .filter((name) => name !== 'ANTHROPIC_API_KEY')
        .sort(),
    );
  });

  test('another variable takes the place of the usual one', () => {
    const { env, removed } = environmentWith({ ANTHROPIC_API_KEY: 'old' }, { MY_KEY: 'secret' });
    expect({ env, removed }).toEqual({ env: { MY_KEY: 'secret' }, removed: ['ANTHROPIC_API_KEY'] });
  });

  test.each(['Authorization: Bearer x', 'a: b\nX-API-Key: x', ' x-api-key : x', 'proxy-authorization:x'])(
    'custom headers with a credential are removed: %j',
    (headers) => {
      const { removed } = environmentWith({ ANTHROPIC_CUSTOM_HEADERS: headers }, { ANTHROPIC_API_KEY: 'secret' });
      expect(removed).toEqual(['ANTHROPIC_CUSTOM_HEADERS']);
    },
  );

  test('names are compared as Windows compares them', () => {
    const { env } = environmentWith({ anthropic_auth_token: 'old', Path: 'C:' }, { ANTHROPIC_API_KEY: 'secret' });
    expect(env).toEqual({ Path: 'C:', ANTHROPIC_API_KEY: 'secret' });
  });
});

describe('looking for a command', () => {
  function folders() {
    const folder = temporaryFolder();
    const file = (name: string, mode: number, content = '#!/bin/sh\n') => {
      writeFileSync(join(folder, name), content);
      chmodSync(join(folder, name), mode);
    };
    file('runs', 0o755);
    file('plain', 0o644);
    file('lost', 0o755, '#! /no/such/interpreter -x\n');
    file('binary', 0o755, '\x7fELF');
    mkdirSync(join(folder, 'folder'));
    return folder;
  }

  function look(name: string, path: string): string | Unusable {
    const found = findCommand(name, path);
    return typeof found === 'string' ? (badInterpreter(found) ?? found) : found;
  }

  test.each([
    ['runs', 'found'],
    ['binary', 'found'],
    ['plain', 126],
    ['folder', 126],
    ['lost', 126],
    ['absent', 127],
    ['', 127],
  ])('%j: %s', (name, expected) => {
    const folder = folders();
    const result = expected === 'found' ? join(folder, name) : expect.objectContaining({ childCode: expected });
    expect(look(name, `/no/such/folder:${folder}`)).toEqual(result);
    if (name !== '') expect(look(join(folder, name), '')).toEqual(result);
  });

  test('goes on behind one that may not be executed', () => {
    const [first, second] = [folders(), folders()];
    writeFileSync(join(second, 'plain'), '#!/bin/sh\n');
    chmodSync(join(second, 'plain'), 0o755);
    expect(findCommand('plain', `${first}:${second}`)).toBe(join(second, 'plain'));
  });

  test('looks where the system does when there is no PATH', () => {
    expect(findCommand('sh', undefined)).toMatch(/^\/(usr\/)?bin\/sh$/);
  });
});
