import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { readRegistry } from '../../src/keys/registry.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { requirement, requireTools } from '../support/require.ts';
import { makeAdminKey, makeKey, makeOauthToken } from '../support/secrets.ts';
import { type AnswerName, type Standin, startStandin } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api.stop());

/** A machine with a project folder `foo`, in which the commands run. */
class Scene {
  readonly machine = new TestMachine();
  readonly folder = join(this.machine.home, 'foo');

  constructor() {
    mkdirSync(this.folder);
  }

  /** Writes a file of the home, folders included. */
  write(path: string, text: string): string {
    const file = join(this.machine.home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  read(path: string): string {
    return readFileSync(join(this.machine.home, path), 'utf8');
  }

  run(argv: readonly string[], options: TestOptions = {}) {
    const env = { ANTHROPIC_BASE_URL: api.url, PATH: process.env['PATH'] ?? '', ...options.env };
    return this.machine.run(['import', ...argv], { cwd: this.folder, ...options, env });
  }

  get names(): string[] {
    return [...readRegistry(this.machine.context()).keys.keys()].sort();
  }

  secret(name: string): string | undefined {
    return this.machine.keychain.slots.get(name)?.reveal();
  }

  /** The files of the home that hold the text, whatever they are called. */
  holding(text: string): string[] {
    return readdirSync(this.machine.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file, 'latin1').includes(text));
  }
}

function goodKey(answer?: AnswerName): string {
  const key = makeKey();
  api.addKey(key, { answer: answer ?? null });
  return key;
}

const shown = (key: string) => `${key.slice(0, 16)}...${key.slice(-4)}`;

describe('import finds', () => {
  test('nothing, and says so', async () => {
    const stderr = 'No keys were found: not in the environment, and there is no file to look into.\n';
    expect(await new Scene().run([])).toEqual({ code: 0, stdout: '', stderr });
    expect((await new Scene().run(['-'], { stdin: '{}' })).stderr).toBe('No keys were found in what came in.\n');
  });

  test('a key in several places once, with file, line and variable, and stores it under the name of the project', async () => {
    const scene = new Scene();
    const key = goodKey();
    scene.write('foo/.env', `A=1\nANTHROPIC_API_KEY=${key}\n`);
    scene.write('.zshrc', `# mine\n\nexport CLAUDE_KEY="${key}"\n`);
    const result = await scene.run(['--yes', '--json'], { env: { ANTHROPIC_API_KEY: key } });
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
    const place = { tracked: false, removed: false, why: null };
    expect(JSON.parse(result.stdout)).toEqual({
      found: [
        {
          name: 'foo',
          kind: 'api',
          redacted: shown(key),
          fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{16}$/),
          storedAs: 'foo',
          status: 'valid',
          why: null,
          places: [
            { source: 'environment', file: null, line: null, column: null, variable: 'ANTHROPIC_API_KEY', ...place },
            {
              ...{ source: 'env-file', file: join(scene.folder, '.env'), line: 2, column: 19 },
              ...{ variable: 'ANTHROPIC_API_KEY', ...place },
            },
            {
              ...{ source: 'profile', file: join(scene.machine.home, '.zshrc'), line: 3, column: 20 },
              ...{ variable: 'CLAUDE_KEY', ...place },
            },
          ],
        },
      ],
      passedOver: [],
      unreadable: [],
    });
    expect(scene.secret('foo')).toBe(key);
  });

  test('for a person: redacted, with what is known of it, and what to do next', async () => {
    const scene = new Scene();
    const key = goodKey();
    scene.write('foo/.env', `ANTHROPIC_API_KEY=${key}\n`);
    const first = await scene.run(['--yes']);
    expect(first.stdout).toBe(`${shown(key)}  api  not stored; works\n  .env:1  ANTHROPIC_API_KEY\n`);
    expect(first.stderr).toBe(
      `foo (${shown(key)}) is in the system keychain and works.\n` +
        'Still in the files in plain text. To take it out: claude-keys import --remove\n',
    );
    const second = await scene.run([]);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('stored as foo') });
    expect(scene.names).toEqual(['foo']);
  });

  test.each<readonly [what: string, file: string, text: string, source: string, name: string]>([
    ["llm's keys", '.config/io.datasette.llm/keys.json', '{"// Note": "x", "anthropic": "%"}', 'llm', 'llm'],
    ["Claude Code's own key", '.claude.json', '{"primaryApiKey": "%"}', 'claude-code', 'claude-code'],
    [
      "Claude Code's settings",
      '.claude/settings.json',
      '{"env":{"ANTHROPIC_API_KEY":"%"}}',
      'claude-code',
      'claude-code',
    ],
    ['aider', '.aider.conf.yml', 'anthropic-api-key: %\n', 'aider', 'aider'],
    ['goose', '.config/goose/secrets.yaml', 'ANTHROPIC_API_KEY: %\n', 'goose', 'goose'],
    ['the folder of the SDK', '.config/anthropic/key', '%\n', 'anthropic', 'anthropic'],
    ['.netrc', '.netrc', 'machine api.anthropic.com password %\n', 'netrc', 'anthropic'],
    ['fish', '.config/fish/config.fish', 'set -gx ANTHROPIC_API_KEY %\n', 'profile', 'anthropic'],
    ['a stage of the project', 'foo/.env.production', 'ANTHROPIC_API_KEY=%\n', 'env-file', 'foo-production'],
    ['a variable that says more', '.bashrc', 'export STAGING_ANTHROPIC_API_KEY=%\n', 'profile', 'staging'],
  ])('%s', async (_, file, text, source, name) => {
    const scene = new Scene();
    const key = goodKey();
    const path = scene.write(file, text.replace('%', key));
    const result = await scene.run(['--yes', '--json']);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout).found).toMatchObject([{ name, places: [{ source, file: path, line: 1 }] }]);
  });

  test('each kind, in what a name says, and takes no name twice', async () => {
    const scene = new Scene();
    const [admin, oauth, one, two] = [makeAdminKey(), makeOauthToken(), goodKey(), goodKey()];
    scene.write('foo/.env', `ANTHROPIC_ADMIN_KEY=${admin}\nANTHROPIC_API_KEY=${one}\n`);
    scene.write('foo/.env.local', `ANTHROPIC_API_KEY=${two}\n`);
    await storeKey(scene.machine, 'foo');
    const result = await scene.run(['--yes', '--no-verify'], { env: { CLAUDE_CODE_OAUTH_TOKEN: oauth } });
    expect(result.code).toBe(0);
    expect(scene.names).toEqual(['claude-oauth', 'foo', 'foo-2', 'foo-3', 'foo-admin']);
    expect([scene.secret('claude-oauth'), scene.secret('foo-admin')]).toEqual([oauth, admin]);
  });

  test('no placeholders and no redacted keys; what is like a key and is none is named', async () => {
    const scene = new Scene();
    scene.write(
      'foo/.env.example',
      `A=sk-ant-api03-${'x'.repeat(95)}\nB=sk-ant-api03-your-key-here-${'a1B2'.repeat(20)}AA\nC=sk-ant-api03-R2D...igAA\n`,
    );
    const session = makeOauthToken();
    scene.write('foo/.env', `R=${makeKey('sk-ant-ort01-')}\nCUT=${makeKey().slice(0, 80)}\n`);
    scene.write('.config/anthropic/credentials/default.json', `{"access_token": "${session}", "refresh_token": "x"}`);
    const result = await scene.run(['--json']);
    expect(result.code).toBe(0);
    const { found, passedOver } = JSON.parse(result.stdout);
    expect(found).toEqual([]);
    expect(passedOver).toMatchObject([
      { what: 'a refresh token: it cannot be used as a key', where: '.env:1' },
      { what: 'it was cut off: it has 80 characters, a sk-ant-api03-… key has 108', where: '.env:2' },
      {
        what: expect.stringContaining('the session of a program'),
        redacted: shown(session).slice(0, 10) + shown(session).slice(10),
      },
    ]);
  });

  test('keys in the files and folders that are named, and nowhere else', async () => {
    const scene = new Scene();
    const [named, inFolder, other] = [goodKey(), goodKey(), goodKey()];
    scene.write('keys.txt', named);
    scene.write('bar/.env', `K=${inFolder}`);
    scene.write('bar/deep/.env', `K=${other}`);
    scene.write('.zshrc', `export K=${other}\n`);
    const result = await scene.run(['--yes', '../keys.txt', '../bar']);
    expect(result.code).toBe(0);
    expect(scene.names).toEqual(['anthropic', 'bar-k']);
    expect((await scene.run(['../nothing'])).stderr).toContain('there is no ../nothing');
    expect((await scene.run(['../nothing'])).code).toBe(2);
    expect((await scene.run(['node_modules/x'])).code).toBe(2);
  });
});

describe('JSON on standard input', () => {
  const onePassword = (key: string) => ({
    title: 'Claude production',
    fields: [
      { id: 'username', label: 'username', value: 'me' },
      { id: 'credential', type: 'CONCEALED', label: 'credential', value: key },
    ],
  });
  const bitwarden = (key: string) => ({
    folders: [{ id: 1, name: 'Work' }],
    items: [{ name: 'Anthropic staging', login: { username: 'me', password: key }, fields: null }],
  });

  test.each([
    ['1Password', onePassword, 'claude-production'],
    ['a list of 1Password', (key: string) => [onePassword(key)], 'claude-production'],
    ['Bitwarden', bitwarden, 'anthropic-staging'],
    ['names and keys', (key: string) => ({ 'My.Key': key }), 'My.Key'],
    ['variables', (key: string) => ({ ANTHROPIC_API_KEY: key }), 'anthropic'],
    ['a string', (key: string) => key, 'anthropic'],
  ])('%s', async (_, make, name) => {
    const scene = new Scene();
    const key = goodKey();
    const result = await scene.run(['-', '--yes', '--json'], { stdin: JSON.stringify(make(key)) });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(result.stdout).found).toMatchObject([{ name, storedAs: name, places: [{ source: 'stdin' }] }]);
    expect(scene.secret(name)).toBe(key);
  });

  test('that is none is refused, and never repeated', async () => {
    const key = makeKey();
    const result = await new Scene().run(['--from-json'], { stdin: `not json ${key}` });
    expect(result).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toContain('is not JSON');
    expect(result.stderr).not.toContain(key.slice(20, 60));
  });
});

describe('what is asked', () => {
  test('without a terminal nothing is stored without a yes, and no key is tested', async () => {
    const scene = new Scene();
    scene.write('foo/.env', `K=${goodKey()}\n`);
    const before = api.requests.length;
    const result = await scene.run([]);
    expect(result).toMatchObject({ code: 2, stdout: expect.stringContaining('.env:1') });
    expect(result.stderr).toContain('--yes');
    expect(scene.names).toEqual([]);
    expect(api.requests.length).toBe(before);
    expect(JSON.parse((await scene.run(['--json'])).stdout).error.code).toBe('confirmation_needed');
  });

  test('a single key with --name needs none; several refuse it', async () => {
    const scene = new Scene();
    scene.write('foo/.env', `A=${goodKey()}\n`);
    expect((await scene.run(['--name', 'prod', '--env', 'production'])).code).toBe(0);
    expect(readRegistry(scene.machine.context()).keys.get('prod')?.environment).toBe('production');
    scene.write('foo/.env', `A=${goodKey()}\nB=${goodKey()}\n`);
    expect(await scene.run(['--name', 'two'])).toMatchObject({ code: 2 });
    expect(await scene.run(['--name', 'prod'])).toMatchObject({ code: 2 });
  });

  test('on a terminal: each name, with a way to leave one out, and whether to rewrite', async () => {
    const scene = new Scene();
    const [one, two] = [goodKey(), goodKey()];
    const file = scene.write('foo/.env', `A=${one}\nB=${two}\n`);
    const asked: string[] = [];
    const answers = ['sk-ant-no', 'y', 'No', 'mine', '-'];
    const result = await scene.run(['--remove'], {
      stdinIsTTY: true,
      prompter: {
        text: async (question, suggestion) => {
          asked.push(`${question} [${suggestion}]`);
          return answers.shift() ?? '';
        },
        confirm: async (question) => asked.push(question) > 0,
      },
    });
    expect(result.code).toBe(0);
    expect(asked).toEqual([
      ...Array(4).fill(`Name for ${shown(one)} in .env:1 (- leaves it out) [foo-a]`),
      `Name for ${shown(two)} in .env:2 (- leaves it out) [foo-b]`,
      'Take the key out of .env?',
    ]);
    expect(scene.names).toEqual(['mine']);
    expect(readFileSync(file, 'utf8')).toBe(`# A is kept by claude-keys: claude-keys exec mine -- COMMAND\nB=${two}\n`);
  });

  test('a no leaves the files as they are', async () => {
    const scene = new Scene();
    const text = `A=${goodKey()}\n`;
    scene.write('foo/.env', text);
    const prompter = { text: async (_: string, suggestion: string) => suggestion, confirm: async () => false };
    await scene.run(['--remove'], { stdinIsTTY: true, prompter });
    expect(scene.read('foo/.env')).toBe(text);
    expect(scene.names).toEqual(['foo-a']);
  });

  test('Ctrl-C at the question whether to rewrite: what was stored is stored, and it says so', async () => {
    const scene = new Scene();
    const text = `A=${goodKey()}\n`;
    scene.write('foo/.env', text);
    const confirm = async () => {
      throw new UserError('interrupted', 'interrupted; nothing was changed');
    };
    const prompter = { text: async (_: string, suggestion: string) => suggestion, confirm };
    const { code, stderr } = await scene.run(['--remove'], { stdinIsTTY: true, prompter });
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted; what was stored is stored, and the files are as they were');
    expect(scene.names).toEqual(['foo-a']);
    expect(scene.read('foo/.env')).toBe(text);
  });

  test('--dry-run says what would be done and touches nothing', async () => {
    const scene = new Scene();
    const key = goodKey();
    const text = `ANTHROPIC_API_KEY=${key}\n`;
    const file = scene.write('foo/.env', text);
    const { ino, mtimeMs } = statSync(file);
    const result = await scene.run(['--remove', '--dry-run']);
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('.env:1') });
    expect(result.stderr).toBe(
      `Would be stored: foo (${shown(key)}).\nWould be removed from .env (line 1).\nNothing was changed.\n`,
    );
    expect(scene.read('foo/.env')).toBe(text);
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
    expect(scene.names).toEqual([]);
    expect(existsSync(join(scene.machine.home, 'claude-keys'))).toBe(false);
    const { found } = JSON.parse((await scene.run(['--remove', '--dry-run', '--json'])).stdout);
    expect(found).toMatchObject([{ name: 'foo', storedAs: null, places: [{ removed: false, why: null }] }]);
  });
});

describe('keys that do not work', () => {
  test('a rejected one is not stored and stays in its file', async () => {
    const scene = new Scene();
    const text = `K=${makeKey()}\n`;
    scene.write('foo/.env', text);
    const result = await scene.run(['--yes']);
    expect(result).toMatchObject({ code: 1, stdout: expect.stringContaining('dead: the service rejects it') });
    expect(scene.names).toEqual([]);
    expect(scene.read('foo/.env')).toBe(text);
  });

  test('with --remove it is taken out', async () => {
    const scene = new Scene();
    scene.write('foo/.env', `A=1\nK=${makeKey()}\n`);
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(0);
    expect(scene.read('foo/.env')).toBe('A=1\n# K was removed by claude-keys: the key in it was dead\n');
    expect(scene.names).toEqual([]);
  });

  test('one whose organization is switched off is neither stored nor removed', async () => {
    const scene = new Scene();
    const text = `K=${goodKey('organization_disabled')}\n`;
    scene.write('foo/.env', text);
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(1);
    expect(scene.read('foo/.env')).toBe(text);
  });

  test('one that could not be tested is stored, with a warning, and removed', async () => {
    const scene = new Scene();
    scene.write('foo/.env', `ANTHROPIC_API_KEY=${goodKey('overloaded')}\n`);
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(0);
    expect(result.stderr).toContain('could not be tested');
    expect(readRegistry(scene.machine.context()).keys.get('foo')?.lastCheck?.status).toBe('unverified');
    expect(scene.read('foo/.env')).toContain('# ANTHROPIC_API_KEY is kept by claude-keys');
  });

  test('a host that may not have the key: nothing is stored', async () => {
    const scene = new Scene();
    scene.write('foo/.env', `K=${goodKey()}\n`);
    const env = { ANTHROPIC_BASE_URL: 'https://evil.example' };
    expect(await scene.run(['--yes', '--remove'], { env })).toMatchObject({ code: 6 });
    expect(scene.names).toEqual([]);
  });
});

describe('a secret is removed only once it is safe', () => {
  test('not when the store fails', async () => {
    const scene = new Scene();
    const text = `A=${goodKey()}\nB=${goodKey()}\n`;
    scene.write('foo/.env', text);
    scene.machine.keychain.failure = new UserError('store_locked', 'the keychain is locked');
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('was not stored: the keychain is locked');
    expect(scene.read('foo/.env')).toBe(text);
  });

  test('not when the store has lost it', async () => {
    const scene = new Scene();
    const key = await storeKey(scene.machine, 'prod');
    const text = `K=${key}\n`;
    scene.write('foo/.env', text);
    scene.machine.keychain.slots.clear();
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('could not be read back from its store');
    expect(scene.read('foo/.env')).toBe(text);
  });

  test('not when the file was changed since it was read', async () => {
    const scene = new Scene();
    const key = goodKey();
    scene.write('foo/.env', `K=${key}\n`);
    scene.machine.keychain.onWrite = async (moment) => {
      if (moment === 'after') scene.write('foo/.env', `K=${key}\nNEW=1\n`);
    };
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('was changed by another program meanwhile');
    expect(scene.read('foo/.env')).toBe(`K=${key}\nNEW=1\n`);
    expect(readdirSync(scene.folder)).toEqual(['.env']);
    expect(scene.names).toEqual(['foo-k']);
  });

  test('it is removed from every place at once, and the environment is explained', async () => {
    const scene = new Scene();
    const key = goodKey();
    scene.write('foo/.env', `ANTHROPIC_API_KEY=${key}\n`);
    scene.write('.zshrc', `export ANTHROPIC_API_KEY=${key}\n`);
    scene.write('.claude.json', `{\n  "userID": "x",\n  "primaryApiKey": "${key}"\n}`);
    const result = await scene.run(['--yes', '--remove'], { env: { ANTHROPIC_API_KEY: key } });
    expect(result.code).toBe(0);
    expect(scene.holding(key)).toEqual([]);
    expect(scene.read('.claude.json')).toBe('{\n  "userID": "x"\n}');
    expect(result.stderr).toContain('unset ANTHROPIC_API_KEY (it comes from .env:1)');
  });

  test('two keys of one line, of which one stays', async () => {
    const scene = new Scene();
    const [kept, dead] = [goodKey(), makeKey()];
    scene.write('.bashrc', `export A=${dead} B=${kept}\n`);
    const result = await scene.run(['--yes', '--remove', '../.bashrc']);
    expect(result.code).toBe(0);
    expect(scene.holding(kept)).toEqual([]);
    expect(scene.holding(dead)).toEqual([]);
  });

  test('what is not certain is named, to be done by hand', async () => {
    const scene = new Scene();
    const text = `cat > x <<EOF\nK=${goodKey()}\nEOF\n`;
    scene.write('.bashrc', text);
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('~/.bashrc:2: remove it by hand: it stands in a here-document');
    expect(scene.read('.bashrc')).toBe(text);
  });

  test("fish's universal variables are found and left to fish", async () => {
    const scene = new Scene();
    const key = goodKey();
    scene.write('.config/fish/fish_variables', `SETUVAR --export K:${key.replaceAll('-', '\\x2d')}\n`);
    const result = await scene.run(['--yes', '--remove']);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('set --erase --universal') });
    expect(scene.names).toHaveLength(1);
  });

  test('PowerShell in UTF-16', async () => {
    const scene = new Scene();
    const file = scene.write('.config/powershell/profile.ps1', '');
    const text = (line: string) => Buffer.from(`\ufeff# é€\r\n${line}\r\n`, 'utf16le');
    writeFileSync(file, text(`$env:ANTHROPIC_API_KEY = "${goodKey()}"`));
    expect((await scene.run(['--yes', '--remove'])).code).toBe(0);
    const note = '# ANTHROPIC_API_KEY is kept by claude-keys: claude-keys exec anthropic -- COMMAND';
    expect(readFileSync(file).equals(text(note))).toBe(true);
  });
});

describe.skipIf(!requirement(process.getuid?.() === 0, 'not root'))('files of every sort', () => {
  test('mode, owner and group stay', async () => {
    const scene = new Scene();
    const file = scene.write('.profile', `export K=${goodKey()}\n`);
    chownSync(file, 1234, 5678);
    chmodSync(file, 0o754);
    expect((await scene.run(['--yes', '--remove'])).code).toBe(0);
    expect(statSync(file)).toMatchObject({ uid: 1234, gid: 5678, mode: 0o100754 });
    const own = scene.write('foo/.env', `K=${goodKey()}\n`);
    chownSync(own, process.getuid?.() ?? 0, 5678);
    chmodSync(own, 0o640);
    expect((await scene.run(['--yes', '--remove'])).code).toBe(0);
    expect(statSync(own)).toMatchObject({ uid: 0, gid: 5678, mode: 0o100640 });
  });

  test.each<readonly [what: string, spoil: (file: string) => void, says: string]>([
    ['read-only', (file) => chmodSync(file, 0o444), 'it is read-only'],
    ['with two names', (file) => linkSync(file, `${file}.other`), 'it has another name'],
  ])('%s: left as it is, the others are rewritten', async (_, spoil, says) => {
    const scene = new Scene();
    const key = goodKey();
    const file = scene.write('.zshrc', `export K=${key}\n`);
    scene.write('.bashrc', `export K=${key}\n`);
    spoil(file);
    const result = await scene.run(['--yes', '--remove']);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(`~/.zshrc was left as it is: ${says}`) });
    expect(result.stderr.split(says)).toHaveLength(2);
    expect(scene.read('.zshrc')).toContain(key);
    expect(scene.read('.bashrc')).not.toContain(key);
  });

  test('pipes, huge files, links to nowhere and to themselves are told and passed over', async () => {
    const scene = new Scene();
    const at = (name: string) => join(scene.machine.home, name);
    execFileSync('mkfifo', [at('.zshrc')]);
    scene.write('.bashrc', '');
    truncateSync(at('.bashrc'), 6_000_000);
    symlinkSync('nowhere', at('.profile'));
    symlinkSync('.zshenv', at('.zshenv'));
    mkdirSync(at('.env'));
    scene.write('.zprofile', `export ANTHROPIC_API_KEY=${goodKey()}\n`);
    const result = await scene.run(['--yes', '--remove']);
    expect(result.code).toBe(0);
    expect(result.stderr.split('~/.zshrc: no plain file')).toHaveLength(2);
    expect(result.stderr).toContain('~/.bashrc: larger than 5 MB');
    expect(result.stderr).toContain('~/.profile: a link that leads nowhere');
    expect(result.stderr).toContain('~/.zshenv: a link that leads to itself');
    expect(scene.names).toEqual(['anthropic']);
    expect(lstatSync(at('.profile')).isSymbolicLink()).toBe(true);
    expect((await scene.run(['../.bashrc'])).code).toBe(1);
  });
});

describe.skipIf(!requireTools('git'))('a file that git tracks', () => {
  test('is warned about, because its history still has the key', async () => {
    const scene = new Scene();
    const [tracked, untracked] = [goodKey(), goodKey()];
    scene.write('foo/.env', `ANTHROPIC_API_KEY=${tracked}\n`);
    scene.write('foo/.env.local', `ANTHROPIC_API_KEY=${untracked}\n`);
    const git = (...args: string[]) => execFileSync('git', args, { cwd: scene.folder, stdio: 'ignore' });
    git('init');
    git('add', '.env');
    const result = await scene.run(['--yes', '--remove', '--json']);
    expect(result.code).toBe(0);
    expect(JSON.parse(result.stdout).found).toMatchObject([
      { name: 'foo', places: [{ tracked: true, removed: true }] },
      { name: 'foo-2', places: [{ tracked: false, removed: true }] },
    ]);
    expect(result.stderr).toBe(
      `claude-keys: warning: git tracks .env: its history still has ${shown(tracked)}\n` +
        'claude-keys: hint: make it worthless there: claude-keys rotate foo\n',
    );
  });
});
