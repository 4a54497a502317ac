import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Findings } from '../../src/scan/findings.ts';
import { scanHistory } from '../../src/scan/git/history.ts';
import { ObjectTable } from '../../src/scan/git/object-table.ts';
import { type Found, repositoriesOf } from '../../src/scan/git/repositories.ts';
import { Session } from '../../src/scan/session.ts';
import { TestMachine } from '../support/host.ts';
import { requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';
import { ENVIRONMENT, git, HidingPlaces } from './git-places.ts';

interface Finding {
  readonly fingerprint: string;
  readonly where: string;
  readonly file: string;
  readonly commit: string | null;
  readonly author: string | null;
  readonly ignored: boolean;
  readonly occurrences: readonly Finding[];
}

const fingerprintOf = (key: string) => `sha256:${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;

async function scan(machine: TestMachine, cwd: string, ...args: string[]) {
  const { code, stdout, stderr } = await machine.run(['scan', ...args, '--json'], { cwd });
  const document = JSON.parse(stdout) as { findings: Finding[]; skipped: { what: string; failed: boolean }[] };
  return { code, stderr, stdout, ...document };
}

describe.skipIf(!requireTools('git'))('scan --history', () => {
  test('finds a leak in every place that git can hide one in', { timeout: 60_000 }, async () => {
    const machine = new TestMachine();
    const places = new HidingPlaces(join(machine.home, 'project'));
    expect(places.expected.length).toBeGreaterThanOrEqual(30);
    const { code, findings, skipped, stdout } = await scan(machine, places.root, '--history');
    const wrong = places.expected.flatMap(({ name, key, where, file, commit }) => {
      const finding = findings.find(({ fingerprint }) => fingerprint === fingerprintOf(key));
      if (finding === undefined) return `${name}: not found`;
      const isRight =
        where.includes(finding.where as (typeof where)[number]) &&
        finding.file.includes(file) &&
        (finding.commit !== null) === commit;
      return isRight ? [] : `${name}: ${finding.where} ${finding.file} ${finding.commit}`;
    });
    expect(wrong).toEqual([]);
    expect(findings.length).toBe(places.expected.length);
    expect(skipped.filter(({ failed }) => failed)).toEqual([]);
    expect(code).toBe(1);
    for (const { key } of places.expected) expect(stdout).not.toContain(key.slice(20, 60));
    expect(findings.find(({ file }) => file === 'secret.env')?.ignored).toBe(true);
    expect(findings.find(({ file }) => file === 'plain.txt')?.ignored).toBe(false);
  });

  test('tells every commit and file that brought one, the oldest first', async () => {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    const key = makeKey();
    const ids = ['a.txt', 'b.txt'].map((name, at) => {
      writeFileSync(join(root, name), `line\nkey ${key}`);
      git(root, ['add', '-A']);
      git(root, ['commit', '-q', '-m', name], { GIT_AUTHOR_DATE: `2024-01-0${at + 1}T00:00:00Z` });
      return git(root, ['rev-parse', 'HEAD']);
    });
    for (const name of ['a.txt', 'b.txt']) rmSync(join(root, name));
    git(root, ['commit', '-q', '-a', '-m', 'gone']);
    const { findings } = await scan(machine, root, '--history');
    expect(findings).toMatchObject([
      {
        file: 'a.txt',
        commit: ids[0],
        author: 'A <a@example.com>',
        where: 'history',
        ref: 'refs/heads/main',
        line: 2,
        column: 5,
        occurrences: [{ commit: ids[0] }, { file: 'b.txt', commit: ids[1] }],
      },
    ]);
  });

  test.each([
    ['an object that is missing', 'rm -f .git/objects/$(git rev-parse HEAD:a.txt | sed "s|^..|&/|")'],
    [
      'an object that is damaged',
      'f=.git/objects/$(git rev-parse HEAD:a.txt | sed "s|^..|&/|"); chmod +w $f; echo x > $f',
    ],
    ['a shallow clone', 'git rev-parse HEAD > .git/shallow'],
    ['a partial clone', 'git config extensions.partialClone origin; git config remote.origin.promisor true'],
    ['a head that leads nowhere', 'rm -rf .git/objects/*; git init -q'],
  ])('%s is no silent pass', async (_, damage) => {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    writeFileSync(join(root, 'a.txt'), 'clean');
    git(root, ['add', '-A']);
    git(root, ['commit', '-q', '-m', 'one']);
    execFileSync('sh', ['-c', damage], { cwd: root, env: { PATH: process.env['PATH'] }, stdio: 'pipe' });
    const { code, skipped } = await scan(machine, root, '--history');
    expect(code).toBe(5);
    expect(skipped.some(({ failed }) => failed)).toBe(true);
  });

  const blob = (text: string) => `$(echo ${text} | git hash-object -w --stdin)`;
  const tree = `$(printf '100644 blob %s\\tf\\n' ${blob('in a tree')} | git mktree)`;
  test.each([
    ['a file of a commit', 'git rm -q a.txt; git commit -qm two', 'HEAD~1:a.txt'],
    ['a folder of a commit', 'git rm -qr dir; git commit -qm two; mkdir dir', 'HEAD~1:dir'],
    ['a commit', 'git commit -q --allow-empty -m two', 'HEAD~1'],
    ['a file of a reflog', 'echo n > n; git add n; git commit -qm two; git reset -q --hard HEAD~1', 'HEAD@{1}:n'],
    ['a file of a stash', 'for n in x y; do echo $n > a.txt; git stash -q; done', 'stash@{1}:a.txt'],
    ['a staged file', 'echo n > dir/n; git add dir/n', ':dir/n'],
    ['a file staged in another work tree', 'git worktree add -q ../o; cd ../o; echo n > n; git add n', ':n', '../o'],
    ['a file with a tag', `git tag t ${blob('tagged')}`, 't'],
    ['a file of a tree with a tag', `git tag t ${tree}`, 't:f'],
    ['a file of a tree with a tag of a tag', `git tag -a -m s s ${tree}; git tag -a -m t t s`, 't:f'],
  ])('%s is no silent pass when it is missing, and passes when it is there', async (_, prepare, lost, where = '.') => {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    const run = (script: string) => execFileSync('sh', ['-ec', script], { cwd: root, env: ENVIRONMENT, stdio: 'pipe' });
    run(`mkdir dir; echo 1 > a.txt; echo 2 > dir/b; git add -A; git commit -qm one; ${prepare}`);
    // From a folder below, and with a word that leaves the rest of the log out.
    git(root, ['config', 'diff.relative', 'true']);
    const look = () => scan(machine, join(root, 'dir'), '--history');
    expect(await look()).toMatchObject({ code: 0, skipped: [] });
    const id = git(join(root, where), ['rev-parse', lost]);
    rmSync(join(root, '.git/objects', id.slice(0, 2), id.slice(2)));
    const { code, skipped } = await look();
    expect(code).toBe(5);
    expect(skipped.some(({ failed }) => failed)).toBe(true);
  });

  test.each([
    ['a file that is only announced', 'echo n > n; git add -N n'],
    [
      'a file of a commit that nothing leads to',
      `git commit-tree -m x ${tree}; rm $(git rev-parse ${blob('in a tree')} | sed 's|^..|.git/objects/&/|')`,
    ],
    ['everything, in a new repository', 'rm -rf .git; git init -q'],
  ])('%s is not missed', async (_, prepare) => {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    const script = `echo 1 > a.txt; git add -A; git commit -qm one; ${prepare}`;
    execFileSync('sh', ['-ec', script], { cwd: root, env: ENVIRONMENT, stdio: 'pipe' });
    expect(await scan(machine, root, '--history')).toMatchObject({ code: 0, skipped: [] });
  });

  test('a repository with more objects than are remembered is told of no less', async () => {
    const machine = new TestMachine();
    const places = new HidingPlaces(join(machine.home, 'project'));
    const ctx = machine.context({ cwd: places.root });
    const [plain, forgetful] = await Promise.all(
      [undefined, new ObjectTable(10)].map(async (table) => {
        const session = new Session(ctx, new Findings(() => false, 'low'));
        const [repository] = await repositoriesOf(ctx, session, [places.root], []);
        await scanHistory(ctx, session, repository as Found, table);
        expect(session.skipped).toEqual([]);
        return session.findings.list().map(({ fingerprint, occurrences }) => ({ fingerprint, occurrences }));
      }),
    );
    expect(plain?.length).toBeGreaterThan(25);
    expect(forgetful).toEqual(plain);
  });

  test('runs nothing that the repository names', async () => {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    const trap = `touch ${join(machine.home, 'sprung')}`;
    writeFileSync(join(root, '.gitattributes'), '* diff=evil filter=evil\n');
    writeFileSync(join(root, 'a.txt'), makeKey());
    git(root, ['add', '.gitattributes', 'a.txt']);
    git(root, ['commit', '-q', '-m', 'one']);
    writeFileSync(join(root, 'a.txt'), 'changed');
    git(root, ['add', 'a.txt']);
    for (const [name, value] of [
      ['core.fsmonitor', trap],
      ['core.pager', trap],
      ['pager.log', trap],
      ['diff.external', trap],
      ['diff.evil.textconv', trap],
      ['diff.evil.command', trap],
      ['filter.evil.clean', trap],
      ['filter.evil.smudge', trap],
      ['core.sshCommand', trap],
      ['log.showSignature', 'true'],
      ['gpg.program', trap],
      ['core.alternateRefsCommand', trap],
      ['uploadpack.packObjectsHook', trap],
      ['remote.origin.promisor', 'true'],
      ['remote.origin.url', `ext::sh -c "${trap}"`],
      ['protocol.ext.allow', 'always'],
      ['alias.cat-file', `!${trap}`],
    ] as const) {
      git(root, ['config', name, value]);
    }
    for (const args of [['--history'], ['--staged'], ['--since', 'HEAD'], []]) {
      await machine.run(['scan', ...args], { cwd: root });
    }
    const { existsSync } = await import('node:fs');
    expect(existsSync(join(machine.home, 'sprung'))).toBe(false);
  });
});

describe.skipIf(!requireTools('git'))('scan --staged, --since, --push', () => {
  function project(machine: TestMachine): string {
    const root = join(machine.home, 'project');
    git(machine.home, ['init', '-q', '-b', 'main', root]);
    return root;
  }

  test('staged: what is new, before the first commit and after it', async () => {
    const machine = new TestMachine();
    const root = project(machine);
    const [first, second] = [makeKey(), makeKey()];
    writeFileSync(join(root, 'a.txt'), first);
    git(root, ['add', '-A']);
    expect(await scan(machine, root, '--staged')).toMatchObject({
      code: 1,
      findings: [{ file: 'a.txt', where: 'index', fingerprint: fingerprintOf(first) }],
    });
    git(root, ['commit', '-q', '-m', 'one']);
    expect(await scan(machine, root, '--staged')).toMatchObject({ code: 0, findings: [] });
    writeFileSync(join(root, 'a.txt'), `${first}\nmore\n${second}`);
    writeFileSync(join(root, 'not-staged.txt'), makeKey());
    git(root, ['add', 'a.txt']);
    expect(await scan(machine, root, '--staged')).toMatchObject({
      findings: [{ file: 'a.txt', line: 3, fingerprint: fingerprintOf(second) }],
    });
    expect(await machine.run(['scan', '--staged'], { cwd: machine.home })).toMatchObject({ code: 5 });
  });

  test('staged: a damaged archive is no silent pass', async () => {
    const machine = new TestMachine();
    const root = project(machine);
    writeFileSync(join(root, 'cut.zip'), 'PK\u0003\u0004 and no more');
    git(root, ['add', '-A']);
    expect(await scan(machine, root, '--staged')).toMatchObject({ code: 5, findings: [] });
  });

  test('since: what the commits bring, and no more', async () => {
    const machine = new TestMachine();
    const root = project(machine);
    const [old, fresh, told] = [makeKey(), makeKey(), makeKey()];
    writeFileSync(join(root, 'old.txt'), old);
    git(root, ['add', '-A']);
    git(root, ['commit', '-q', '-m', 'old']);
    const base = git(root, ['rev-parse', 'HEAD']);
    writeFileSync(join(root, 'fresh.txt'), fresh);
    git(root, ['add', '-A']);
    git(root, ['commit', '-q', '-m', `fresh ${told}`]);
    rmSync(join(root, 'fresh.txt'));
    git(root, ['commit', '-q', '-a', '-m', 'gone']);
    const since = await scan(machine, root, '--since', base);
    expect(since.findings.map(({ fingerprint, where }) => [fingerprint, where])).toEqual([
      [fingerprintOf(fresh), 'history'],
      [fingerprintOf(told), 'message'],
    ]);
    expect(await scan(machine, root, '--since', 'HEAD')).toMatchObject({ code: 0, findings: [] });
    expect(await machine.run(['scan', '--since', 'no-such-thing'], { cwd: root })).toMatchObject({ code: 5 });
    expect(await machine.run(['scan', '--since=--output=x'], { cwd: root })).toMatchObject({ code: 2 });
    const zero = '0'.repeat(40);
    const head = git(root, ['rev-parse', 'HEAD']);
    const push = (remote: string) =>
      machine.run(['scan', '--push', '--json'], {
        cwd: root,
        stdin: `refs/heads/main ${head} refs/heads/main ${remote}\n`,
      });
    expect(JSON.parse((await push(zero)).stdout).findings).toHaveLength(3);
    expect(JSON.parse((await push(base)).stdout).findings).toHaveLength(2);
    expect(await push(head)).toMatchObject({ code: 0 });
    git(root, ['tag', '-a', 'v1', '-m', `key ${makeKey()}`]);
    git(root, ['tag', '-a', 'v2', '-m', 'a tag of a tag', 'v1']);
    const tagged = await machine.run(['scan', '--push', '--json'], {
      cwd: root,
      stdin: `refs/tags/v2 ${git(root, ['rev-parse', 'v2'])} refs/tags/v2 ${zero}\nrefs/heads/main ${head} refs/heads/main ${head}\n`,
    });
    expect(JSON.parse(tagged.stdout).findings).toMatchObject([
      { where: 'message', file: '<tag message>', ref: 'refs/tags/v1' },
    ]);
  });

  test('since: a file that git does not have is no silent pass; a submodule is', async () => {
    const machine = new TestMachine();
    const root = project(machine);
    writeFileSync(join(root, 'a.txt'), 'old');
    git(root, ['add', '-A']);
    git(root, ['commit', '-q', '-m', 'old']);
    git(root, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub`]);
    writeFileSync(join(root, 'a.txt'), 'new');
    git(root, ['commit', '-q', '-m', 'new', 'a.txt', '-i']);
    expect(await scan(machine, root, '--since', 'HEAD~1')).toMatchObject({ code: 0, skipped: [] });
    const id = git(root, ['rev-parse', 'HEAD:a.txt']);
    rmSync(join(root, '.git/objects', id.slice(0, 2), id.slice(2)));
    const skipped = [{ what: `<object ${id}>`, failed: true }];
    expect(await scan(machine, root, '--since', 'HEAD~1')).toMatchObject({ code: 5, skipped });
  });
});
