import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';

class Scene {
  readonly machine = new TestMachine();
  readonly file = join(this.machine.home, '.claude', 'settings.json');

  static async prepare(settings?: string | Buffer): Promise<Scene> {
    const scene = new Scene();
    await storeKey(scene.machine, 'prod');
    mkdirSync(join(scene.machine.home, '.claude'), { mode: 0o755 });
    if (settings !== undefined) writeFileSync(scene.file, settings);
    return scene;
  }

  run(argv: readonly string[], options: TestOptions = {}) {
    return this.machine.run(['claude-code', ...argv], options);
  }

  get text(): string {
    return readFileSync(this.file, 'utf8');
  }
}

const HELPER =
  /^CLAUDE_KEYS_HOME=\S+ \/usr\/bin\/node \/opt\/claude-keys\/bin\/claude-keys\.js print prod <\/dev\/null$/;

/** Settings as people have them; the helper goes in and comes out, and everything else stays as it is. */
const SETTINGS = {
  'two spaces': '{\n  "model": "opus",\n  "permissions": {\n    "allow": ["Bash(ls:*)"]\n  }\n}\n',
  'four spaces': '{\n    "model": "opus",\n    "env": {\n        "FOO": "1"\n    }\n}\n',
  tabs: '{\n\t"model": "opus",\n\t"hooks": {}\n}\n',
  'no final newline': '{\n  "model": "opus"\n}',
  'carriage returns': '{\r\n  "model": "opus",\r\n  "x": [1, 2]\r\n}\r\n',
  comments: '// mine\n{\n  /* the big one */\n  "model": "opus", // for now\n  // "old": true\n  "x": 1\n}\n',
  'a trailing comma': '{\n  "model": "opus",\n  "x": 1,\n}\n',
  'unknown settings': '{\n  "zzz": {"deep": [{"a": null}]},\n  "$schema": "x"\n}\n',
  unicode: '{\n  "language": "日本語 – “quoted”",\n  "emoji": "🔑"\n}\n',
  'one line': '{"model": "opus", "x": [1, 2]}\n',
  'nothing in it': '{}\n',
  'lists beside it': '{\n  "a": {"b": [1,2, 3]}\n}\n',
  'a byte order mark': '\uFEFF{\n  "model": "opus"\n}\n',
};

describe('claude-code install', () => {
  test.each(Object.entries(SETTINGS))(
    'with %s: uninstall leaves the file as it was, byte for byte',
    async (_, before) => {
      const scene = await Scene.prepare(before);
      expect(await scene.run(['install', 'prod'])).toMatchObject({ code: 0 });
      const installed = scene.text;
      for (const line of before.split('\n').filter((line) => line.includes(':'))) {
        expect(installed).toContain(line.trimEnd().replace(/[,}]+$/, ''));
      }
      const helper = JSON.parse(/"apiKeyHelper": (".*")/.exec(installed)?.[1] ?? '""');
      expect(helper).toMatch(HELPER);
      expect(await scene.run(['install', 'prod'])).toMatchObject({ code: 0 });
      expect(scene.text).toBe(installed);
      expect(await scene.run(['uninstall'])).toMatchObject({ code: 0 });
      expect(scene.text).toBe(before);
    },
  );

  test.each([
    ['the first of several', '{\n  "apiKeyHelper": "x",\n  "a": 1\n}\n', '{\n  "a": 1\n}\n'],
    ['on a line with others', '{"apiKeyHelper": "x", "a": 1}', '{"a": 1}'],
    [
      'between comments',
      '{\n  "a": 1, // one\n  // ours\n  "apiKeyHelper": "x", // from work\n  "b": 2\n}\n',
      '{\n  "a": 1, // one\n  // ours\n  // from work\n  "b": 2\n}\n',
    ],
    ['the first, with a comment', '{\n  "apiKeyHelper": "x", // no\n  "a": 1\n}', '{\n  // no\n  "a": 1\n}'],
    ['the last, behind a comment', '{\n  "a": 1, // one\n  "apiKeyHelper": "x"\n}', '{\n  "a": 1 // one\n}'],
  ])('takes the place of a helper, and uninstall takes that alone away: %s', async (_, before, after) => {
    const scene = await Scene.prepare(before);
    expect((await scene.run(['install', 'prod', '--yes'])).code).toBe(0);
    expect(scene.text.replace(/"apiKeyHelper": "[^"]*"/, '"apiKeyHelper": "x"')).toBe(before);
    expect((await scene.run(['uninstall'])).code).toBe(0);
    expect(scene.text).toBe(after);
  });

  test('makes the file where there is none', async () => {
    const scene = await Scene.prepare();
    await scene.run(['install']);
    expect(JSON.parse(scene.text)).toEqual({ apiKeyHelper: expect.stringMatching(HELPER) });
    expect(statSync(scene.file).mode & 0o777).toBe(0o644);
  });

  test('--project writes the settings of this folder', async () => {
    const scene = await Scene.prepare();
    const project = join(scene.machine.home, 'project');
    mkdirSync(project);
    expect((await scene.run(['install', 'prod', '--project'], { cwd: project })).code).toBe(0);
    expect(existsSync(join(project, '.claude', 'settings.json'))).toBe(true);
    expect(existsSync(scene.file)).toBe(false);
  });

  test.each([
    [[], 'settings.json', '{"apiKeyHelper": "op read x"}', 'which is not ours'],
    [['--project'], 'settings.local.json', '{"apiKeyHelper": "op read x"}', 'which is not ours'],
  ])('%j: says which nearer file wins over it', async (options, name, content, words) => {
    const scene = await Scene.prepare();
    const project = join(scene.machine.home, 'project');
    mkdirSync(join(project, '.claude'), { recursive: true });
    writeFileSync(join(project, '.claude', name), content);
    const { code, stderr } = await scene.run(['install', 'prod', ...options], { cwd: project });
    expect(code).toBe(0);
    expect(stderr).toContain(
      `wins over it in this folder: ${join(project, '.claude', name)} has an apiKeyHelper, ${words}`,
    );
    expect(stderr).not.toContain('now takes prod');
    expect((await scene.run(['install', 'prod'], { cwd: scene.machine.home })).stderr).not.toContain('wins');
  });

  test('keeps the mode, and the link into a dotfiles folder', async () => {
    const scene = await Scene.prepare();
    const real = join(scene.machine.home, 'dotfiles.json');
    writeFileSync(real, '{}\n');
    chmodSync(real, 0o640);
    symlinkSync(real, scene.file);
    await scene.run(['install', 'prod']);
    expect(lstatSync(scene.file).isSymbolicLink()).toBe(true);
    expect(statSync(real).mode & 0o777).toBe(0o640);
    expect(readFileSync(real, 'utf8')).toContain('apiKeyHelper');
  });

  test('leaves a file alone that is read-only', async () => {
    const scene = await Scene.prepare('{}\n');
    chmodSync(scene.file, 0o444);
    const { code, stderr } = await scene.run(['install', 'prod']);
    expect(code).toBe(4);
    expect(stderr).toContain(`${scene.file} is read-only; it was left alone`);
    expect(scene.text).toBe('{}\n');
    chmodSync(scene.file, 0o644);
    await scene.run(['install', 'prod']);
    chmodSync(scene.file, 0o444);
    expect((await scene.run(['install', 'prod'])).code).toBe(0);
    expect((await scene.run(['uninstall'])).code).toBe(4);
  });

  test('leaves a link alone that leads nowhere: its disk may only not be there now', async () => {
    const scene = await Scene.prepare();
    symlinkSync('/nowhere/settings.json', scene.file);
    const { code, stderr } = await scene.run(['install', 'prod']);
    expect(code).toBe(4);
    expect(stderr).toContain('is a link to a file that is not there; it was left alone');
    expect(lstatSync(scene.file).isSymbolicLink()).toBe(true);
  });

  test('does not advise another CLAUDE_KEYS_HOME where a file of the user cannot be written', async () => {
    const scene = await Scene.prepare();
    rmSync(dirname(scene.file), { recursive: true });
    writeFileSync(dirname(scene.file), '');
    const { code, stderr } = await scene.run(['install', 'prod']);
    expect(code).not.toBe(0);
    expect(stderr).not.toContain('CLAUDE_KEYS_HOME');
  });

  test.each([
    ['not JSON', '{ model: '],
    ['a list', '[1]\n'],
    ['a list of helpers', '{"apiKeyHelper": "x", "a": 1, "apiKeyHelper": "y"}\n'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('leaves a file alone that is %s', async (_, before) => {
    const scene = await Scene.prepare(before);
    const result = await scene.run(['install', 'prod', '--json']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.stdout).error.code).toBe('bad_settings');
    expect(readFileSync(scene.file)).toEqual(Buffer.from(before));
  });

  test("does not replace somebody else's helper without a yes", async () => {
    const before = '{"apiKeyHelper": "op read op://x/y"}';
    const scene = await Scene.prepare(before);
    expect((await scene.run(['install', 'prod'])).code).toBe(2);
    expect((await scene.run(['uninstall'])).code).toBe(0);
    expect(scene.text).toBe(before);
    expect((await scene.run(['install', 'prod', '--yes'])).code).toBe(0);
    expect(scene.text).toContain('print prod');
  });

  test('quotes what a shell would take apart', async () => {
    const scene = await Scene.prepare();
    const home = join(scene.machine.home, "it's $(a) home");
    await storeKey(scene.machine, 'other');
    mkdirSync(home);
    writeFileSync(join(home, 'registry.json'), readFileSync(scene.machine.context().paths.registryFile));
    await scene.run(['install', 'prod'], { env: { CLAUDE_KEYS_HOME: home } });
    const helper: string = JSON.parse(scene.text).apiKeyHelper;
    const setting = helper.slice(0, helper.indexOf(' /usr/bin/node'));
    expect(execFileSync('sh', ['-c', `${setting}; printf %s "$CLAUDE_KEYS_HOME"`], { encoding: 'utf8' })).toBe(home);
  });
});

describe('claude-code status', () => {
  const used = async (scene: Scene, env: Record<string, string> = {}) =>
    JSON.parse((await scene.run(['status', '--json'], { env })).stdout).used;

  test("says which credential wins, in Claude Code's own order", async () => {
    const scene = await Scene.prepare();
    expect(await used(scene)).toBeNull();
    expect(await used(scene, { CLAUDE_CODE_OAUTH_TOKEN: 'x' })).toBe('CLAUDE_CODE_OAUTH_TOKEN');
    await scene.run(['install', 'prod']);
    expect(await used(scene, { CLAUDE_CODE_OAUTH_TOKEN: 'x' })).toBe('apiKeyHelper (user)');
    expect(await used(scene, { ANTHROPIC_API_KEY: 'x' })).toBe('ANTHROPIC_API_KEY');
    expect(await used(scene, { ANTHROPIC_API_KEY: 'x', ANTHROPIC_AUTH_TOKEN: 'y' })).toBe('ANTHROPIC_AUTH_TOKEN');
    expect(await used(scene, { ANTHROPIC_AUTH_TOKEN: 'y', CLAUDE_CODE_USE_BEDROCK: '1' })).toBe(
      'CLAUDE_CODE_USE_BEDROCK',
    );
  });

  test('says of a file that it cannot be read, since what stands in it may decide', async () => {
    const scene = await Scene.prepare('{ nonsense');
    const { code, stdout, stderr } = await scene.run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/login +used/);
    expect(stderr).toContain(`${scene.file}: it is not JSON (at line 1); what it says was not counted`);
  });

  test('warns of an exported key that shadows the helper, and of a helper without its key', async () => {
    const scene = await Scene.prepare();
    await scene.run(['install', 'prod']);
    const shadowed = await scene.run(['status'], { env: { ANTHROPIC_API_KEY: 'x' } });
    expect(shadowed.stderr).toContain(
      'ANTHROPIC_API_KEY is set and wins over the apiKeyHelper: this key is billed, not a subscription',
    );
    expect(shadowed.stdout).toMatch(/ANTHROPIC_API_KEY +used/);
    await scene.machine.run(['remove', 'prod', '--yes']);
    expect((await scene.run(['status'])).stderr).toContain('asks for prod, and there is no such key');
  });
});
