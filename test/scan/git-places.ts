import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Where } from '../../src/scan/hit.ts';
import { makeKey } from '../support/secrets.ts';

/** What is to be told of a leak. */
export interface Expected {
  readonly name: string;
  readonly key: string;
  readonly where: readonly Where[];
  /** In the name of the file. */
  readonly file: string;
  /** A commit leads to it. */
  readonly commit: boolean;
}

export const ENVIRONMENT = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export function git(folder: string, args: readonly string[], env: Record<string, string> = {}, input?: string): string {
  const options = {
    cwd: folder,
    env: { ...ENVIRONMENT, ...env },
    encoding: 'utf8' as const,
    input,
    stdio: 'pipe' as const,
  };
  return execFileSync('git', args, options).trim();
}

/** A repository with a leak in every place that git can hide one in. */
export class HidingPlaces {
  readonly root: string;
  readonly expected: Expected[] = [];

  constructor(root: string) {
    this.root = root;
    mkdirSync(root, { recursive: true });
    git(root, ['init', '-q', '-b', 'main']);
    this.write('readme', 'hello\n');
    this.commit('first');
    this.files();
    this.merges();
    this.names();
    this.words();
    this.dropped();
    this.unreached();
    this.besideObjects();
    this.otherRepositories();
    this.now();
  }

  private leak(name: string, where: Where | readonly Where[], file: string, commit = true, key = makeKey()): string {
    this.expected.push({ name, key, where: [where].flat(), file, commit });
    return key;
  }

  private write(path: string, content: string | Buffer): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
  }

  private commit(message: string, env: Record<string, string> = {}): string {
    git(this.root, ['add', '-A', '-f']);
    git(this.root, ['commit', '-q', '--allow-empty', '--no-verify', '-F', '-'], env, message);
    return git(this.root, ['rev-parse', 'HEAD']);
  }

  /** A file that came with one commit and went with the next. */
  private passing(path: string, content: string | Buffer): void {
    this.write(path, content);
    this.commit(`add ${path.slice(0, 20)}`);
    rmSync(join(this.root, path), { force: true });
    this.commit('tidy');
  }

  private files(): void {
    this.passing('deleted.env', `K=${this.leak('a file that was deleted', 'history', 'deleted.env')}\n`);
    this.write('.gitattributes', '*.lock -diff\n*.dat binary\n');
    this.commit('attributes');
    this.passing('x.lock', `k ${this.leak('a file without diffs', 'history', 'x.lock')}`);
    this.passing('x.dat', `\0\0${this.leak('a binary file', 'history', 'x.dat')}\0`);
    this.passing(
      'wide.ps1',
      Buffer.from(`\ufeff$k="${this.leak('a file in UTF-16', 'history', 'wide.ps1')}"`, 'utf16le'),
    );
    this.passing('k8s.yaml', `k: ${Buffer.from(this.leak('base64', 'history', 'k8s.yaml')).toString('base64')}`);
    this.passing('logs.gz', gzipSync(`key ${this.leak('a gzip', 'history', 'logs.gz')}`));
    const target = this.leak('the target of a link', 'history', 'link');
    symlinkSync(target, join(this.root, 'link'));
    this.commit('link');
    rmSync(join(this.root, 'link'));
    this.commit('unlink');
    const named = this.leak('the name of a file', 'history', 'dir/sk-ant-');
    this.passing(`dir/${named}.txt`, 'nothing');
    this.passing(
      `dir/${this.leak('the name of a file that is like another', 'history', 'dir/sk-ant-')}.txt`,
      'nothing',
    );
    this.write('renamed-before.txt', `k=${this.leak('a file that was renamed', 'history', 'renamed-before.txt')}\n`);
    this.commit('before');
    git(this.root, ['mv', 'renamed-before.txt', 'renamed-after.txt']);
    this.commit('renamed');
    rmSync(join(this.root, 'renamed-after.txt'));
    this.commit('gone');
    this.passing('ünïcode dir/ä "b".txt', this.leak('a name that is quoted', 'history', 'ä "b".txt'));
    this.passing('.github/deep/er/.env', `\n\nK=${this.leak('a hidden folder', 'history', '.github/deep/er/.env')}`);
  }

  private merges(): void {
    git(this.root, ['checkout', '-q', '-b', 'side']);
    this.write('side.txt', 'side\n');
    this.commit('side');
    git(this.root, ['checkout', '-q', 'main']);
    this.write('main.txt', 'main\n');
    this.commit('main');
    git(this.root, ['merge', '-q', '--no-commit', '--no-ff', 'side']);
    this.write('merged.txt', this.leak("a merge's own change", 'history', 'merged.txt'));
    this.commit('merge');
    rmSync(join(this.root, 'merged.txt'));
    this.commit('after the merge');
    git(this.root, ['checkout', '-q', '-b', 'unmerged']);
    this.write('branch.txt', this.leak('a branch that was not merged', 'history', 'branch.txt'));
    this.commit('unmerged');
    git(this.root, ['checkout', '-q', 'main']);
    git(this.root, ['checkout', '-q', '--orphan', 'other-root']);
    this.write('orphan.txt', this.leak('a second root', 'history', 'orphan.txt'));
    this.commit('orphan');
    git(this.root, ['checkout', '-q', '-f', 'main']);
    git(this.root, ['clean', '-fdq']);
    const pull = this.leak('a ref beside branches and tags', 'history', 'pull.txt');
    this.write('pull.txt', pull);
    git(this.root, ['update-ref', 'refs/pull/1/head', this.commit('pull')]);
    git(this.root, ['reset', '-q', '--hard', 'HEAD~1']);
  }

  /** Names that no file of the work tree has. */
  private names(): void {
    const blob = git(this.root, ['hash-object', '-w', '--stdin'], {}, 'nothing');
    const empty = git(this.root, ['hash-object', '-w', '-t', 'tree', '--stdin'], {}, '');
    const inTree = (name: string, mode: string, type: string, id: string) => {
      const entry = `${mode} ${type} ${id}\t${this.leak(name, 'history', 'sk-ant-')}\n`;
      const tree = git(this.root, ['mktree', '--missing'], {}, entry);
      const commit = git(this.root, ['commit-tree', tree, '-m', 'names']);
      git(this.root, ['update-ref', `refs/names/${id}`, commit]);
    };
    inTree('the name of a folder', '040000', 'tree', git(this.root, ['mktree'], {}, `100644 blob ${blob}\tf\n`));
    inTree('the name of an empty folder', '040000', 'tree', empty);
    inTree('the name of a submodule', '160000', 'commit', '1'.repeat(40));
  }

  private words(): void {
    this.commit(`a message\n\nwith ${this.leak('the message of a commit', 'message', '<commit message>')}\n`);
    const name = this.leak("an author's name", 'message', '<commit header>');
    this.commit('author', { GIT_AUTHOR_NAME: name });
    const mail = this.leak("a committer's address", 'message', '<commit header>');
    this.commit('committer', { GIT_COMMITTER_EMAIL: mail });
    git(this.root, [
      'tag',
      '-a',
      'v1',
      '-m',
      `release ${this.leak('the message of a tag', 'message', '<tag message>')}`,
    ]);
    const blob = git(
      this.root,
      ['hash-object', '-w', '--stdin'],
      {},
      this.leak('a tag of a blob', 'history', '<object', false),
    );
    git(this.root, ['tag', 'blob-tag', blob]);
    const note = this.leak('a note', 'note', '');
    git(this.root, ['notes', 'add', '-m', `see ${note}`]);
    git(this.root, ['notes', 'remove']);
  }

  private dropped(): void {
    this.write('readme', `changed ${this.leak('a stash', 'stash', 'readme')}\n`);
    git(this.root, ['stash', '-q']);
    this.write('untracked.txt', this.leak('an untracked file in a stash', 'stash', 'untracked.txt'));
    git(this.root, ['stash', '-q', '-u']);
    this.write('readme', `dropped ${this.leak('a stash that was dropped', 'dangling', 'readme')}\n`);
    git(this.root, ['stash', '-q']);
    git(this.root, ['stash', 'drop', '-q']);
    this.write('reset.txt', this.leak('a commit that was reset', 'dangling', 'reset.txt'));
    this.commit('to be reset');
    git(this.root, ['reset', '-q', '--hard', 'HEAD~1']);
    this.write('amended.txt', this.leak('a commit that was amended', 'dangling', 'amended.txt'));
    this.commit('to be amended');
    this.write('amended.txt', 'clean');
    git(this.root, ['add', '-A']);
    git(this.root, ['commit', '-q', '--amend', '-m', 'amended']);
  }

  /** What not even a reflog leads to. */
  private unreached(): void {
    this.write('lost.txt', this.leak('a commit that nothing leads to', 'dangling', 'lost.txt'));
    const tree = git(this.root, ['add', '-A']) || git(this.root, ['write-tree']);
    git(this.root, ['commit-tree', tree, '-m', `lost ${this.leak('its message', 'dangling', '<commit message>')}`]);
    rmSync(join(this.root, 'lost.txt'));
    git(this.root, ['reset', '-q']);
    const inTree = this.leak('a name in a tree that nothing leads to', 'dangling', '<name of a file>', false);
    const empty = git(this.root, ['hash-object', '-w', '--stdin'], {}, '');
    git(this.root, ['mktree'], {}, `100644 blob ${empty}\t${inTree}\n`);
    git(
      this.root,
      ['hash-object', '-w', '--stdin'],
      {},
      this.leak('a blob that nothing leads to', 'dangling', '<object', false),
    );
    this.write('replaced.txt', this.leak('an object that is replaced', 'history', 'replaced.txt'));
    this.commit('to be replaced');
    const old = git(this.root, ['rev-parse', 'HEAD:replaced.txt']);
    git(this.root, ['replace', old, git(this.root, ['hash-object', '-w', '--stdin'], {}, 'harmless')]);
    rmSync(join(this.root, 'replaced.txt'));
    this.commit('replaced');
  }

  private besideObjects(): void {
    const inGit = (path: string, text: string) => {
      mkdirSync(dirname(join(this.root, '.git', path)), { recursive: true });
      appendFileSync(join(this.root, '.git', path), text);
    };
    inGit(
      'config',
      `[http]\n\textraHeader = x-api-key: ${this.leak('the configuration', 'config', '.git/config', false)}\n`,
    );
    inGit('hooks/post-commit', `#!/bin/sh\ncurl -H ${this.leak('a hook', 'config', 'hooks/post-commit', false)}\n`);

    inGit('description', this.leak('the description', 'config', 'description', false));
    const word = this.leak('a word in a reflog', 'config', 'logs', false);
    git(this.root, ['update-ref', '--create-reflog', '-m', `moved ${word}`, 'refs/heads/logged', 'HEAD']);
    const branch = this.leak('the name of a branch', 'config', '.git', false);
    git(this.root, ['branch', `try/${branch}`]);
    inGit('lfs/objects/ab/cd/abcd', this.leak('an object of LFS', 'config', 'lfs/objects', false));
  }

  private otherRepositories(): void {
    const linked = join(this.root, '..', 'linked');
    git(this.root, ['worktree', 'add', '-q', '-b', 'linked', linked]);
    writeFileSync(join(linked, 'in-linked.txt'), this.leak('a linked work tree', 'worktree', 'in-linked.txt', false));
    writeFileSync(
      join(linked, 'index-linked.txt'),
      this.leak('the index of a linked work tree', 'index', 'index-linked.txt', false),
    );
    git(linked, ['add', 'index-linked.txt']);
    rmSync(join(linked, 'index-linked.txt'));
    const source = join(this.root, '..', 'source');
    mkdirSync(source);
    git(source, ['init', '-q', '-b', 'main']);
    writeFileSync(join(source, 'sub.txt'), this.leak('the history of a submodule', 'history', 'sub.txt'));
    git(source, ['add', '-A']);
    git(source, ['commit', '-q', '-m', 'sub']);
    rmSync(join(source, 'sub.txt'));
    git(source, ['commit', '-q', '-a', '-m', 'gone']);
    git(this.root, ['-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', source, 'lib/sub']);
    this.commit('submodule');
    const nested = join(this.root, 'nested');
    mkdirSync(nested);
    git(nested, ['init', '-q', '-b', 'main']);
    writeFileSync(join(nested, 'nested.txt'), this.leak('a repository within', 'history', 'nested.txt'));
    git(nested, ['add', '-A']);
    git(nested, ['commit', '-q', '-m', 'nested']);
    rmSync(join(nested, 'nested.txt'));
    git(nested, ['commit', '-q', '-a', '-m', 'gone']);
    const bare = join(this.root, 'bare.git');
    git(this.root, ['init', '-q', '--bare', bare]);
    const inBare = this.leak('a repository without a work tree within', 'dangling', '<object', false);
    git(bare, ['hash-object', '-w', '--stdin'], {}, inBare);
  }

  private now(): void {
    git(this.root, ['gc', '-q', '--prune=never']);
    const underWay = this.leak('a message under way', 'config', 'MERGE_MSG', false);
    writeFileSync(join(this.root, '.git/MERGE_MSG'), underWay);
    this.write('.gitignore', 'secret.env\n');
    this.write('secret.env', `K=${this.leak('a file that is ignored', 'worktree', 'secret.env', false)}\n`);
    this.write('staged.txt', this.leak('the index alone', 'index', 'staged.txt', false));
    git(this.root, ['add', 'staged.txt']);
    rmSync(join(this.root, 'staged.txt'));
    this.write('plain.txt', `a\nb ${this.leak('a file', 'worktree', 'plain.txt', false)}\n`);
  }
}
