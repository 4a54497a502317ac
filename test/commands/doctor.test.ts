import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from '../../src/doctor/check.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

async function examined(machine: TestMachine, options: TestOptions = {}): Promise<{ code: number; checks: Check[] }> {
  const { code, stdout } = await machine.run(['doctor', '--json'], options);
  return { code, checks: JSON.parse(stdout).checks };
}

/** The checks of this name. */
async function of(name: string, machine: TestMachine, options: TestOptions = {}): Promise<Check[]> {
  return (await examined(machine, options)).checks.filter((check) => check.name === name);
}

function write(machine: TestMachine, path: string, content: string): string {
  const file = join(machine.home, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

describe('doctor', () => {
  test('looks at everything, in the same order each time, and never shows a secret', async () => {
    const machine = new TestMachine();
    const secret = await storeKey(machine, 'prod');
    write(machine, '.bashrc', `export ANTHROPIC_API_KEY=${secret}\n`);
    const { checks } = await examined(machine, { env: { ANTHROPIC_API_KEY: secret, ANTHROPIC_AUTH_TOKEN: secret } });
    const names = [...new Set(checks.map(({ name }) => name))];
    const expected =
      'Node version,files,registry,configuration,keychain,encrypted file,new keys,variables,ANTHROPIC_BASE_URL';
    expect(names).toEqual([...expected.split(','), 'Claude Code', 'changes', 'key in use', 'shells', 'shell profiles']);
    expect(JSON.stringify(checks)).not.toContain(secret);
    for (const check of checks) expect(check).toMatchObject({ message: expect.any(String) });
  });

  test('exits 1 when something fails, and 0 for warnings', async () => {
    const machine = new TestMachine();
    // No session bus here: of no interest as long as nothing is kept in the keychain.
    expect((await examined(machine)).code).toBe(0);
    await storeKey(machine, 'prod');
    expect((await examined(machine)).code).toBe(1);
  });

  test('says it in words for a person, with what to do next', async () => {
    const { stdout } = await new TestMachine().run(['doctor'], { nodeVersion: '18.20.4' });
    expect(stdout).toContain('fail  Node version: 18.20.4 is older than 20.19.0');
    expect(stdout).toContain('      next: install a newer Node\n');
    expect(stdout).toMatch(/\n1 thing fails; \d warnings?\n$/);
  });

  test('a damaged registry is one failure, and the rest is told', async () => {
    const machine = new TestMachine();
    write(machine, 'claude-keys/registry.json', 'no registry');
    const { code, checks } = await examined(machine);
    expect(code).toBe(1);
    expect(checks.filter(({ status }) => status === 'fail').map(({ name }) => name)).toEqual(['registry']);
  });
});

describe.skipIf(process.platform !== 'linux')('the keychain, in words', () => {
  // SSH outside of a container: test/stores/keychain-words.test.ts.
  test.each<[string, Record<string, string>, string, string]>([
    ['in WSL', { WSL_DISTRO_NAME: 'Debian' }, 'wsl', 'WSL has none by itself'],
    ['in a container', { container: 'docker' }, 'container', 'a container has none by itself'],
    ['with sudo', { SUDO_USER: 'me' }, 'sudo', 'run it without sudo'],
  ])('%s, without a session', async (_, env, place, hint) => {
    const [check] = await of('keychain', new TestMachine(), { env });
    expect(check).toMatchObject({
      status: 'warn',
      message: 'there is no D-Bus session here, through which the keychain is reached',
      hint: expect.stringContaining(hint),
      data: { state: 'no-bus', place, keys: 0 },
    });
  });

  test('fails when keys are kept in it', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const [check] = await of('keychain', machine);
    expect(check).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('1 key cannot be read without it'),
    });
  });
});

describe('files', () => {
  test.each([
    ['registry.json', 0o644, 'warn'],
    ['identity.txt', 0o640, 'fail'],
    ['keys.age', 0o606, 'fail'],
  ])('%s of mode %o is told, with the command that puts it right', async (name, mode, status) => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const file = join(machine.home, 'claude-keys', name);
    if (name !== 'registry.json') writeFileSync(file, '');
    chmodSync(file, mode);
    expect(await of('files', machine)).toContainEqual({
      name: 'files',
      status,
      message: `${file} is open to others (mode ${mode.toString(8)})`,
      hint: `chmod 600 ${file}`,
      data: { path: file, mode: mode.toString(8), wanted: '600' },
    });
  });
});

describe('which credential Claude Code takes', () => {
  const helper = (machine: TestMachine) => machine.run(['claude-code', 'install', 'prod']);
  const used = async (machine: TestMachine, env: Record<string, string> = {}) => {
    const [check] = await of('Claude Code', machine, { env });
    return { status: check?.status, used: check?.data?.['used'], message: check?.message ?? '', hint: check?.hint };
  };

  test('the order is its own, and a variable that wins over the helper or a login is warned of', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    expect(await used(machine)).toMatchObject({ status: 'ok', used: null });
    write(machine, '.claude.json', '{"oauthAccount": {"emailAddress": "x"}}');
    expect(await used(machine)).toMatchObject({ status: 'ok', used: 'the login' });
    const key = { ANTHROPIC_API_KEY: 'x' };
    expect(await used(machine, key)).toMatchObject({ status: 'warn', used: 'ANTHROPIC_API_KEY' });
    expect((await used(machine, key)).message).toContain('It wins over the login');
    expect((await used(machine, key)).hint).toContain('env -u ANTHROPIC_API_KEY claude');
    await helper(machine);
    const all = { ...key, ANTHROPIC_AUTH_TOKEN: 'y', CLAUDE_CODE_OAUTH_TOKEN: 'z' };
    expect(await used(machine, all)).toMatchObject({ status: 'warn', used: 'ANTHROPIC_AUTH_TOKEN' });
    expect((await used(machine, all)).message).toContain(
      'It wins over ANTHROPIC_API_KEY and apiKeyHelper (user) and CLAUDE_CODE_OAUTH_TOKEN and the login',
    );
    expect(await used(machine, { CLAUDE_CODE_OAUTH_TOKEN: 'z' })).toMatchObject({ used: 'apiKeyHelper (user)' });
    const [check] = await of('Claude Code', machine, { env: all });
    const order = check?.data?.['order'] as { source: string; present: boolean }[];
    expect(order.map(({ source, present }) => `${source}${present ? '+' : ''}`)).toEqual([
      ...['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY'],
      ...[
        'ANTHROPIC_AUTH_TOKEN+',
        'ANTHROPIC_API_KEY+',
        'apiKeyHelper (user)+',
        'CLAUDE_CODE_OAUTH_TOKEN+',
        'the login+',
      ],
    ]);
  });

  test('a helper whose key or program is gone fails', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    await helper(machine);
    // The test machine's program is in /opt, where nothing is.
    expect(await of('Claude Code', machine)).toContainEqual(
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('which is not there') }),
    );
    await machine.run(['remove', 'prod', '--yes']);
    expect(await of('Claude Code', machine)).toContainEqual(
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('asks for the key prod') }),
    );
  });

  test('a program in a folder of any name is found', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const program = join(machine.home, "it's a folder", 'claude-keys');
    write(machine, "it's a folder/claude-keys", '');
    const helper = `'${program.replaceAll("'", `'\\''`)}' print prod </dev/null`;
    write(machine, '.claude/settings.json', JSON.stringify({ apiKeyHelper: helper }));
    expect((await of('Claude Code', machine)).map(({ status }) => status)).toEqual(['ok']);
  });

  test('settings that cannot be read are told', async () => {
    const machine = new TestMachine();
    write(machine, '.claude/settings.json', '{ no json');
    expect(await of('Claude Code', machine)).toEqual([
      expect.objectContaining({ status: 'fail', message: expect.stringContaining('it is not JSON') }),
    ]);
  });

  test('a project’s settings that cannot be read are told beside what the others say', async () => {
    const machine = new TestMachine();
    write(machine, 'project/.claude/settings.local.json', '{ no json');
    const found = await of('Claude Code', machine, { cwd: join(machine.home, 'project') });
    expect(found.map(({ status }) => status)).toEqual(['ok', 'warn']);
    expect(found[1]?.message).toContain(
      'settings.local.json: it is not JSON (at line 1); what it says was not counted',
    );
  });

  test('a key that Claude Code keeps itself is a login too', async () => {
    const machine = new TestMachine();
    write(machine, '.claude.json', '{"primaryApiKey": "x"}');
    expect(await used(machine)).toMatchObject({ status: 'ok', used: 'the login' });
  });
});

describe('the key in use', () => {
  test('a folder that names a key that is not there is told with its file', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    write(machine, '.claude-keys', 'gone\n');
    const [check] = await of('key in use', machine);
    const file = join(machine.home, '.claude-keys');
    expect(check).toMatchObject({ status: 'fail', message: `there is no key named gone (named by ${file})` });
    expect(check?.data).toEqual({ key: null, because: null, folder: { file, name: 'gone', allowed: false } });
  });

  test.each<[string, TestOptions, string]>([
    ['the default', {}, 'prod (the default)'],
    ['a variable', { env: { CLAUDE_KEYS_KEY: 'other' } }, 'other (CLAUDE_KEYS_KEY)'],
  ])('is said with its reason: %s', async (_, options, message) => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod', { default: true });
    await storeKey(machine, 'other');
    expect((await of('key in use', machine, options))[0]).toMatchObject({ status: 'ok', message });
  });

  test("a folder's file, and whether shells may follow it", async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod', { default: true });
    await storeKey(machine, 'other');
    const file = write(machine, 'project/.claude-keys', 'other\n');
    const cwd = dirname(file);
    await machine.run(['shell', 'install', 'bash', '--auto']);
    const [before] = await of('key in use', machine, { cwd });
    expect(before).toMatchObject({
      message: `other (${file}); shells do not follow ${file}: it was not allowed`,
      data: { key: 'other', because: file, folder: { file, name: 'other', allowed: false } },
    });
    await machine.run(['allow'], { cwd });
    expect((await of('key in use', machine, { cwd }))[0]).toMatchObject({ message: `other (${file})` });
    const overruled = await of('key in use', machine, { cwd, env: { CLAUDE_KEYS_KEY: 'prod' } });
    expect(overruled[0]?.message).toBe(`prod (CLAUDE_KEYS_KEY; it comes before ${file})`);
  });
});

describe('shells', () => {
  test('what is set up, and what is no longer whole', async () => {
    const machine = new TestMachine();
    expect((await of('shells', machine))[0]).toMatchObject({ status: 'ok' });
    await machine.run(['shell', 'install', 'zsh', '--wrap', 'claude']);
    const command = 'claude-keys shell install zsh --wrap claude';
    expect(await of('shells', machine)).toEqual([
      expect.objectContaining({ status: 'ok', message: expect.stringContaining(command) }),
    ]);
    rmSync(join(machine.home, '.zshrc'));
    expect((await of('shells', machine))[0]).toMatchObject({ status: 'warn', hint: expect.stringContaining(command) });
    await machine.run(['shell', 'install', 'zsh']);
    rmSync(join(machine.home, 'claude-keys', 'shell'), { recursive: true });
    expect((await of('shells', machine))[0]).toMatchObject({ status: 'warn', hint: 'claude-keys shell install zsh' });
  });
});

describe('profiles', () => {
  test('a key in plain text is told with its line, its name, and the command that takes it out', async () => {
    const machine = new TestMachine();
    const stored = await storeKey(machine, 'prod');
    const bashrc = write(machine, '.bashrc', `alias a=b\nexport ANTHROPIC_API_KEY=${stored}\n`);
    write(machine, '.config/fish/config.fish', `set -gx ANTHROPIC_API_KEY ${makeKey()}\n`);
    const found = await of('shell profiles', machine);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      status: 'warn',
      message: expect.stringMatching(/^~\/\.bashrc:2 holds .*, the key prod, in plain text$/),
      hint: `claude-keys import ${bashrc} --remove`,
      data: { file: bashrc, line: 2, key: 'prod' },
    });
  });
});

describe('changes and variables', () => {
  test('a rotation that was interrupted is told with what ends it', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod', {
      change: { operation: 'rotate', step: 'stage', startedAt: '2026-11-24T11:00:00Z' } as never,
    });
    expect((await of('changes', machine))[0]).toMatchObject({
      status: 'warn',
      hint: expect.stringContaining('rotate prod'),
    });
  });

  test('variables that compete are told by their names', async () => {
    const env = { ANTHROPIC_API_KEY: 'x', ANTHROPIC_AUTH_TOKEN: 'y' };
    expect((await of('variables', new TestMachine(), { env }))[0]).toMatchObject({
      status: 'warn',
      message: 'ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are set: programs differ in which of them they take',
      hint: expect.stringContaining('unset ANTHROPIC_AUTH_TOKEN'),
    });
  });
});
