import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PROGRAM, type RunResult, run } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>;
  readonly runs: { readonly steps: readonly { readonly env?: Record<string, string>; readonly run: string }[] };
}

const ACTION = parse(readFileSync(fileURLToPath(new URL('../../action.yml', import.meta.url)), 'utf8')) as Action;

describe.skipIf(!requireTools('git', 'bash'))('the GitHub Action', () => {
  let home: string;
  let root: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'claude-keys-action-'));
    root = join(home, 'project');
    for (const folder of ['project', 'bin', 'action/bin', 'action/script'])
      mkdirSync(join(home, folder), { recursive: true });
    // The action as it lies on a runner, but built already; npm and the build say that they were called.
    symlinkSync(PROGRAM[0], join(home, 'bin/node'));
    writeFileSync(join(home, 'bin/npm'), '#!/bin/sh\necho "npm $*" >> built\n', { mode: 0o755 });
    writeFileSync(
      join(home, 'action/script/build.mjs'),
      "import fs from 'node:fs'; fs.appendFileSync('built', 'build');",
    );
    symlinkSync(PROGRAM[1], join(home, 'action/bin/claude-keys.js'));
    env = {
      HOME: home,
      PATH: `${join(home, 'bin')}:${process.env['PATH']}`,
      GITHUB_ACTION_PATH: join(home, 'action'),
      GIT_CONFIG_NOSYSTEM: '1',
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) => [
          [`GIT_${who}_NAME`, 'A'],
          [`GIT_${who}_EMAIL`, 'a@example.com'],
        ]),
      ),
    };
    await git('init -q -b main . && echo clean > a.txt && git add -A && git commit -q -m first');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  async function git(line: string): Promise<string> {
    const { code, stdout, stderr } = await run('bash', ['-ec', `git ${line}`], { cwd: root, env });
    expect(code, stderr).toBe(0);
    return stdout.trim();
  }

  async function commit(name: string, content: string): Promise<string> {
    writeFileSync(join(root, name), content);
    await git('add -A && git commit -q -m more');
    return git('rev-parse HEAD');
  }

  /** Its steps as a runner does them, until one fails. `base` is the base of the pull request. */
  async function action(inputs: Readonly<Record<string, string>>, base = ''): Promise<RunResult> {
    const filledFrom = (expression: string): string => {
      if (expression === 'github.event.pull_request.base.sha') return base;
      const name = /^inputs\.([\w-]+)$/.exec(expression)?.[1] ?? '';
      const input = ACTION.inputs[name];
      if (input === undefined) throw new Error(`action.yml has an expression that is not known: ${expression}`);
      return inputs[name] ?? filled(input.default);
    };
    const filled = (text: string) =>
      text.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => filledFrom(expression));
    let last: RunResult = { code: 0, signal: null, stdout: '', stderr: '' };
    for (const { env: own = {}, run: line } of ACTION.runs.steps) {
      const script = join(home, 'step.sh');
      writeFileSync(script, filled(line));
      const values = Object.fromEntries(Object.entries(own).map(([name, text]) => [name, filled(text)]));
      // By GitHub's documents, this is what `shell: bash` means.
      last = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
        cwd: root,
        env: { ...env, ...values },
      });
      if (last.code !== 0) return last;
    }
    return last;
  }

  test('a pull request: only what came since its base, with annotations, and the job fails', async () => {
    const old = makeKey();
    const base = await commit('old.txt', old);
    expect(await action({}, base)).toMatchObject({ code: 0, stdout: '' });
    expect(readFileSync(join(home, 'action/built'), 'utf8')).toBe(
      'npm ci --ignore-scripts --no-audit --no-fund\nbuild',
    );
    const key = makeKey();
    await commit('new.txt', `one\ntwo ${key}\n`);
    await commit('new.txt', 'gone\n');
    const { code, stdout, stderr } = await action({}, base);
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(
      /^::error file=new\.txt,line=2,endLine=2,col=5,title=Leaked [^\n]+ in commit [0-9a-f]{12}\./,
    );
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout + stderr).not.toContain(key.slice(16, 60));
  });

  test('a push: everything with its history; a SARIF file beside it', async () => {
    expect(await action({ sarif: 'clean.sarif' })).toMatchObject({ code: 0, stdout: '' });
    expect(JSON.parse(readFileSync(join(root, 'clean.sarif'), 'utf8'))).toMatchObject({ runs: [{ results: [] }] });
    await commit('old.txt', makeKey());
    await commit('old.txt', 'gone');
    const { code, stdout } = await action({ sarif: 'found.sarif' });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^::error file=old\.txt,line=1/);
    expect(JSON.parse(readFileSync(join(root, 'found.sarif'), 'utf8')).runs[0].results).toHaveLength(1);
  });

  test('inputs are data; a base that is not fetched fails the job', async () => {
    const evil = await action({ since: '$(touch sprung); `touch sprung`', sarif: '' });
    expect(evil.code).not.toBe(0);
    expect(await git('status --porcelain')).toBe('');
    const { code, stderr } = await action({}, 'a'.repeat(40));
    expect(code).toBe(5);
    expect(stderr).toContain('fetch-depth: 0');
    await commit('doubtful.txt', `key = "${makeKey().slice(0, 60)}"`);
    expect(await action({ 'min-confidence': 'high' })).toMatchObject({ code: 0 });
  });
});
