import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PROGRAM, run, runProgram } from '../support/program.ts';
import { requirement, requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

const HUSKY = fileURLToPath(new URL('../../node_modules/husky/bin.js', import.meta.url));

/** As `script/test-host` puts it there. */
const LEFTHOOK = fileURLToPath(
  new URL('../.tools/lefthook/node_modules/lefthook-linux-x64/bin/lefthook', import.meta.url),
);

describe.skipIf(!requireTools('git', 'bash'))('git hooks', () => {
  let home: string;
  let root: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'claude-keys-hook-'));
    root = join(home, 'project');
    const bin = join(home, 'bin');
    mkdirSync(root);
    mkdirSync(bin);
    // The program as it is installed: on the PATH, and as npx finds it.
    const [node, script] = PROGRAM;
    for (const name of ['claude-keys', 'npx']) {
      const skip = name === 'npx' ? 'shift 2\n' : '';
      writeFileSync(join(bin, name), `#!/bin/sh\n${skip}exec "${node}" "${script}" "$@"\n`, { mode: 0o755 });
    }
    env = {
      HOME: home,
      PATH: `${bin}:${process.env['PATH']}`,
      CLAUDE_KEYS_HOME: join(home, 'keys'),
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'A',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'A',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    };
    await bash('git init -q -b main .');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const bash = (line: string) => run('bash', ['-c', line], { cwd: root, env });
  const hook = (...args: string[]) => runProgram(['hook', ...args], { cwd: root, env });

  /** A commit with a key is stopped, one without goes through. */
  async function stopsCommits(): Promise<void> {
    const key = makeKey();
    writeFileSync(join(root, 'leak.txt'), `k=${key}\n`);
    const stopped = await bash('git add -A && git commit -m leak');
    expect(stopped.code).not.toBe(0);
    expect(stopped.stderr + stopped.stdout).toContain('leak.txt:1:3');
    expect(stopped.stderr + stopped.stdout).not.toContain(key.slice(16, 60));
    expect((await bash('git log --oneline --all')).stdout).not.toContain('leak');
    writeFileSync(join(root, 'leak.txt'), 'clean\n');
    const passed = await bash('git add -A && git commit -q -m clean');
    expect(passed, passed.stderr).toMatchObject({ code: 0 });
  }

  test('plain git: commit and push are stopped, the hooks of before are run, all is put back', async () => {
    const before = '#!/bin/sh\necho "before: $1" >> ran.txt\n[ -t 0 ] || cat >> ran.txt\n';
    const file = join(root, '.git/hooks/pre-push');
    mkdirSync(join(root, '.git/hooks'), { recursive: true });
    writeFileSync(file, before);
    chmodSync(file, 0o755);
    expect(await hook('status')).toMatchObject({ code: 1 });
    expect(await hook('install')).toMatchObject({ code: 0 });
    expect(await hook('install', '--json')).toMatchObject({ code: 0 });
    expect(await hook('status')).toMatchObject({ code: 0 });
    await stopsCommits();
    await bash('git init -q --bare ../remote.git && git remote add origin ../remote.git');
    writeFileSync(join(root, 'late.txt'), makeKey());
    await bash('git add -A && git commit -q --no-verify -m late');
    const stopped = await bash('git push -q origin main');
    expect(stopped.code).not.toBe(0);
    expect(stopped.stderr).toContain('late.txt');
    expect(existsSync(join(root, 'ran.txt'))).toBe(false);
    await bash('git reset -q --hard HEAD~1');
    expect(await bash('git push -q origin main')).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, 'ran.txt'), 'utf8')).toMatch(/before: origin\nrefs\/heads\/main /);
    expect(await hook('uninstall')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(existsSync(join(root, '.git/hooks/pre-commit'))).toBe(false);
  });

  test('core.hooksPath is where the hooks go, and a partial commit is looked at by its own index', async () => {
    await bash('git config core.hooksPath my-hooks');
    expect(await hook('install')).toMatchObject({ code: 0 });
    expect(existsSync(join(root, 'my-hooks/pre-commit'))).toBe(true);
    writeFileSync(join(root, '.git/info/exclude'), 'my-hooks\n');
    await stopsCommits();
    writeFileSync(join(root, 'leak.txt'), makeKey());
    expect((await bash('git commit -a -m all')).code).not.toBe(0);
    expect((await bash('git commit -m one leak.txt')).code).not.toBe(0);
  });

  test('a hooks folder of all repositories takes a yes', async () => {
    await bash(`git config --global core.hooksPath ${join(home, 'all-hooks')}`);
    expect(await hook('install')).toMatchObject({ code: 2 });
    expect(await hook('install', '--yes')).toMatchObject({ code: 0 });
    await stopsCommits();
  });

  test('a repository in which hooks are switched off is told', async () => {
    await bash('git config core.hooksPath /dev/null');
    expect(await hook('install', '--yes')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('core.hooksPath'),
    });
  });

  test('husky', async () => {
    writeFileSync(join(root, 'package.json'), '{"name": "x"}');
    expect(await run(PROGRAM[0], [HUSKY, 'init'], { cwd: root, env })).toMatchObject({ code: 0 });
    writeFileSync(join(root, '.husky/pre-commit'), 'echo the own hook\n');
    chmodSync(join(root, '.husky/pre-commit'), 0o644);
    expect(await hook('install')).toMatchObject({ code: 0 });
    await stopsCommits();
    expect(statSync(join(root, '.husky/pre-commit')).mode & 0o777).toBe(0o644);
    expect(await hook('uninstall')).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, '.husky/pre-commit'), 'utf8')).toBe('echo the own hook\n');
    expect(existsSync(join(root, '.husky/pre-push'))).toBe(false);
  });

  test.skipIf(!requireTools('pre-commit'))('the pre-commit framework', { timeout: 120_000 }, async () => {
    const before = '# ours\nrepos: [] # none yet\n';
    writeFileSync(join(root, '.pre-commit-config.yaml'), before);
    expect(await hook('install')).toMatchObject({ code: 0 });
    expect(await bash('pre-commit install --hook-type pre-commit --hook-type pre-push')).toMatchObject({ code: 0 });
    await stopsCommits();
    expect(await hook('uninstall')).toMatchObject({ code: 0 });
    const listed =
      'repos:\n-   repo: local\n    hooks:\n    -   {id: own, name: own, entry: "true", language: system}\n\n';
    writeFileSync(join(root, '.pre-commit-config.yaml'), listed);
    expect(await hook('install')).toMatchObject({ code: 0 });
    await stopsCommits();
    expect(await hook('uninstall')).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, '.pre-commit-config.yaml'), 'utf8')).toBe(listed);
    writeFileSync(join(root, '.pre-commit-config.yaml'), before);
    expect(await hook('install')).toMatchObject({ code: 0 });
    const manifest = fileURLToPath(new URL('../../.pre-commit-hooks.yaml', import.meta.url));
    expect(await bash(`pre-commit validate-manifest ${manifest}`)).toMatchObject({ code: 0 });
    expect(await hook('uninstall')).toMatchObject({ code: 0 });
    expect(readFileSync(join(root, '.pre-commit-config.yaml'), 'utf8')).toMatch(
      /^# ours\nrepos:\s*\[\s*\] # none yet\n$/,
    );
  });

  test('lefthook: lines of their own in its configuration, whose rest stays byte for byte', async () => {
    for (const before of [
      '# mine\n\n\npre-commit:\n    commands:\n        lint:\n            # fast\n            run:  "true"  # ok\n',
      "pre-push:\n  jobs:\n  - run: 'true'",
      '',
    ]) {
      writeFileSync(join(root, 'lefthook.yml'), before);
      expect(await hook('install')).toMatchObject({ code: 0 });
      const written = readFileSync(join(root, 'lefthook.yml'), 'utf8');
      expect(written).toContain('claude-keys scan --staged');
      expect(written).toContain('use_stdin: true');
      expect(written.length - before.length).toBeLessThan(400);
      expect(await hook('install')).toMatchObject({ code: 0 });
      expect(readFileSync(join(root, 'lefthook.yml'), 'utf8')).toBe(written);
      expect(await hook('uninstall')).toMatchObject({ code: 0 });
      expect(readFileSync(join(root, 'lefthook.yml'), 'utf8')).toBe(before);
    }
  });

  test.skipIf(!requirement(existsSync(LEFTHOOK), 'no lefthook in test/.tools'))('lefthook itself', async () => {
    writeFileSync(join(root, 'lefthook.yml'), 'pre-commit:\n  commands:\n    own:\n      run: echo own\n');
    expect(await hook('install')).toMatchObject({ code: 0 });
    expect(await bash(`'${LEFTHOOK}' install`)).toMatchObject({ code: 0 });
    env['LEFTHOOK_BIN'] = LEFTHOOK;
    await stopsCommits();
    const far = join(home, 'far.git');
    expect(await bash(`git init -q --bare ${far}`)).toMatchObject({ code: 0 });
    writeFileSync(join(root, 'leak.txt'), makeKey());
    await bash('git commit -q --no-verify -a -m leak');
    expect((await bash(`git push -q ${far} main`)).code).not.toBe(0);
    await bash('git reset -q --hard HEAD~1');
    expect(await bash(`git push -q ${far} main`)).toMatchObject({ code: 0 });
  });
});
