import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inTexts, LogParser, readLog } from '../../../src/scan/git/log.ts';
import { temporaryFolder } from '../../support/host.ts';
import { requireTools } from '../../support/require.ts';
import { git } from '../git-places.ts';

/** One commit after the other, with what each brings. */
function makeHistory(root: string, format: string): void {
  git(root, ['init', '-q', '-b', 'main', `--object-format=${format}`]);
  const commit = (message: string, work: () => void) => {
    work();
    git(root, ['add', '-A']);
    git(root, ['commit', '-q', '--allow-empty', '-m', message], { GIT_AUTHOR_NAME: `Ö : ${message}` });
  };
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  commit('first', () => {
    mkdirSync(join(root, 'dir/deep'), { recursive: true });
    write('a.txt', 'a');
    write('dir/deep/b\n":\u00e4.txt', 'b');
  });
  commit('mode', () => chmodSync(join(root, 'a.txt'), 0o755));
  commit('moved', () => renameSync(join(root, 'a.txt'), join(root, 'dir/a.txt')));
  commit('nothing', () => {});
  commit('link', () => symlinkSync('dir', join(root, 'link')));
  commit('gone', () => rmSync(join(root, 'dir/a.txt')));
  git(root, ['update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(format === 'sha256' ? 64 : 40)},sub`]);
  git(root, ['commit', '-q', '-m', 'submodule']);
  git(root, ['checkout', '-q', '-b', 'side', 'HEAD~1']);
  commit('side', () => write('side.txt', 'side'));
  git(root, ['checkout', '-q', 'main']);
  git(root, ['merge', '-q', '--no-commit', '--no-ff', 'side']);
  write('merged.txt', 'merged');
  git(root, ['add', 'merged.txt']);
  git(root, ['commit', '-q', '-m', 'merge']);
}

const EXPECTED = [
  ['A', 'file merged.txt'],
  ['Ö : side', 'file side.txt'],
  ['A'],
  ['Ö : gone'],
  ['Ö : link', 'file link'],
  ['Ö : nothing'],
  ['Ö : moved', 'file dir/a.txt'],
  ['Ö : mode', 'file a.txt'],
  ['Ö : first', 'file a.txt', 'file dir/deep/b\n":\u00e4.txt'],
];

describe.skipIf(!requireTools('git'))('the log', () => {
  test.each(['sha1', 'sha256'])('tells what each commit brings, however it is cut: %s', async (format) => {
    const root = temporaryFolder();
    makeHistory(root, format);
    const commits: { author: string; id: string; told: string[]; ids: string[] }[] = [];
    const visitor = inTexts({
      onCommit: ({ author, id }) => commits.push({ author: author.replace(/ <.*/, ''), id, told: [], ids: [] }),
      onFile(commit, id, path) {
        expect(commit.id).toBe(commits.at(-1)?.id);
        commits.at(-1)?.told.push(`file ${Buffer.from(path, 'latin1')}`);
        commits.at(-1)?.ids.push(id);
      },
    });
    const order = ['--date-order', '--all', '-t'];
    await readLog({ env: process.env }, { folder: root }, order, visitor);
    const whole = commits.splice(0);
    expect(whole.map(({ author, told }) => [author, ...told]).sort()).toEqual(EXPECTED.toSorted());
    for (const { id, told, ids } of whole) {
      for (const [at, file] of told.entries()) expect(git(root, ['rev-parse', `${id}:${file.slice(5)}`])).toBe(ids[at]);
    }
    const format_ = '--format=tformat:%x01%H%x01%T%x01%S%x01%aI%x01%an <%ae>';
    const raw = execFileSync(
      'git',
      ['log', format_, '--raw', '-z', '-c', '--no-abbrev', '--no-renames', '--root', '--source', ...order],
      { cwd: root },
    );
    for (const length of [1, 2, 3, 50, 97, 500, raw.length]) {
      const parser = new LogParser(visitor);
      for (let at = 0; at < raw.length; at += length) parser.write(raw.subarray(at, at + length));
      expect(commits.splice(0)).toEqual(whole);
    }
  });
});
