import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

const SETTINGS = 'the settings are: store, verifyModel, rotateAfterDays, trustedHosts, policies, auditFailure';

describe('config', () => {
  test.each([
    ['store', 'file', 'file'],
    ['store', 'keychain', 'keychain'],
    ['verifyModel', 'claude-haiku-5-5', 'claude-haiku-5-5'],
    ['rotateAfterDays', '90', 90],
    ['trustedHosts', 'a.example', ['a.example']],
    ['trustedHosts', 'a.example, b.example:8443', ['a.example', 'b.example:8443']],
  ])('set %s %s, get, list, unset', async (setting, text, value) => {
    const machine = new TestMachine();
    const normal = Array.isArray(value) ? value.join(',') : text;
    expect(await machine.run(['config', 'set', setting, text])).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`${setting} is ${normal}\n`),
    });
    expect(await machine.run(['config', 'get', setting])).toEqual({ code: 0, stdout: `${normal}\n`, stderr: '' });
    const json = await machine.run(['config', 'get', setting, '--json']);
    expect(JSON.parse(json.stdout)).toEqual({ setting, value });
    expect(JSON.parse((await machine.run(['config', 'list', '--json'])).stdout)).toEqual({
      config: { [setting]: value },
    });
    const { configFile } = machine.context().paths;
    expect(JSON.parse(readFileSync(configFile, 'utf8'))).toEqual({ [setting]: value });
    expect(statSync(configFile).mode & 0o777).toBe(0o600);

    const unset = await machine.run(['config', 'unset', setting, '--json']);
    expect(JSON.parse(unset.stdout)).toEqual({ setting, value: null });
    expect(await machine.run(['config', 'get', setting])).toEqual({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining(`${setting} is not set: `),
    });
    expect(JSON.parse(readFileSync(configFile, 'utf8'))).toEqual({});
  });

  test('list shows every setting and what it means when it is not set', async () => {
    const machine = new TestMachine();
    await machine.run(['config', 'set', 'rotateAfterDays', '30']);
    expect(await machine.run(['config', 'list'])).toEqual({
      code: 0,
      stdout: `\
store            not set: the keychain if it answers, else the file
verifyModel      not set: the cheapest current model
rotateAfterDays  30
trustedHosts     not set: the service's own host only
policies         not set: nothing is demanded of the keys
auditFailure     not set: what cannot be written to the audit log is warned of, and done
`,
      stderr: '',
    });
  });

  test('set replaces the list of hosts and keeps the other settings', async () => {
    const machine = new TestMachine();
    await machine.run(['config', 'set', 'store', 'file']);
    await machine.run(['config', 'set', 'trustedHosts', 'a.example,b.example']);
    await machine.run(['config', 'set', 'trustedHosts', 'c.example']);
    expect(JSON.parse((await machine.run(['config', 'list', '--json'])).stdout).config).toEqual({
      store: 'file',
      trustedHosts: ['c.example'],
    });
  });

  test.each([
    [['config', 'set', 'store', 'cloud'], '"cloud" is no value for store', 'it may be: keychain or file'],
    [
      ['config', 'set', 'store', ''],
      '"" is no value for store',
      'it may be: keychain or file; to clear it: claude-keys config unset store',
    ],
    [
      ['config', 'set', 'rotateAfterDays', 'ninety'],
      '"ninety" is no value for rotateAfterDays',
      'it may be: a whole number of days from 1 to 3650',
    ],
    [
      ['config', 'set', 'rotateAfterDays', '4000'],
      '"4000" is no value for rotateAfterDays',
      'it may be: a whole number of days from 1 to 3650',
    ],
    [
      ['config', 'set', 'verifyModel', 'two words'],
      '"two words" is no value for verifyModel',
      'it may be: the id of a model, like claude-haiku-5-5',
    ],
    [
      ['config', 'set', 'trustedHosts', 'https://a.example'],
      '"https://a.example" is no value for trustedHosts',
      'it may be: names of hosts, separated by commas: gateway.example.com,proxy.example.com:8443',
    ],
    [['config', 'set', 'colour', 'red'], '"colour" is not a setting', SETTINGS],
    [['config', 'get', 'constructor'], '"constructor" is not a setting', SETTINGS],
    [['config', 'unset', 'Store'], '"Store" is not a setting', SETTINGS],
    [['config', 'get'], 'config get needs a setting', SETTINGS],
    [['config', 'set', 'store'], 'config set store needs a value', 'it may be: keychain or file'],
    [['config', 'list', 'store'], 'config list takes nothing more', 'see: claude-keys config --help'],
    [['config', 'get', 'store', 'x'], 'config get store takes nothing more', 'see: claude-keys config --help'],
  ])('%j is a usage error', async (argv, message, hint) => {
    const machine = new TestMachine();
    expect(await machine.run(argv)).toEqual({
      code: 2,
      stdout: '',
      stderr: `claude-keys: ${message}\nclaude-keys: hint: ${hint}\n`,
    });
    expect(existsSync(machine.context().paths.configFile)).toBe(false);
  });

  test('a secret as a value is refused without being repeated', async () => {
    const key = makeKey();
    const { code, stderr } = await new TestMachine().run(['config', 'set', 'verifyModel', key]);
    expect(code).toBe(2);
    expect(stderr).toContain('shell history');
    expect(stderr).not.toContain(key.slice(13, 30));
  });

  test.each([['set', 'store', 'file'], ['unset', 'store'], ['get', 'store'], ['list']])(
    '%s leaves a corrupt file untouched',
    async (...argv) => {
      const machine = new TestMachine();
      const { configFile } = machine.context().paths;
      mkdirSync(machine.context().paths.config, { recursive: true });
      writeFileSync(configFile, '{"store": "file",');
      const { code, stdout, stderr } = await machine.run(['config', ...argv]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain('config.json is not right: it is not JSON');
      expect(readFileSync(configFile, 'utf8')).toBe('{"store": "file",');
    },
  );

  test('changes at the same time are all kept', async () => {
    const machine = new TestMachine();
    await Promise.all([
      machine.run(['config', 'set', 'store', 'file']),
      machine.run(['config', 'set', 'rotateAfterDays', '30']),
      machine.run(['config', 'set', 'trustedHosts', 'a.example']),
    ]);
    expect(JSON.parse((await machine.run(['config', 'list', '--json'])).stdout).config).toEqual({
      store: 'file',
      rotateAfterDays: 30,
      trustedHosts: ['a.example'],
    });
  });
});
