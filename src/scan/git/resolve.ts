import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Place } from '../findings.ts';
import { scrub } from '../scrub.ts';
import { placeIn, type Session } from '../session.ts';
import { type Commit, readLog } from './log.ts';
import { hitsInName } from './names.ts';
import { placeOf, whereOf } from './place.ts';
import type { Found } from './repositories.ts';
import { askGit, utf8 } from './run.ts';

/** So many commits that two processes of git are done sooner than one. */
const WORTH_TWO = 2_500;

/**
 * Works out where blobs stand: in the commits that brought them, first by the refs, then by the reflogs, then by the
 * commits that nothing leads to; else in an index; else nowhere.
 */
export class Resolver {
  readonly #ctx: Context;
  readonly #session: Session;
  readonly #repository: Found;
  readonly #places = new Map<string, Place[]>();
  readonly #commits = new Map<string, Commit>();
  #wanted: ReadonlySet<string> = new Set();
  readonly #dangling = new Set<string>();
  /** By the path, as bytes in latin1. */
  readonly #names = new Map<string, Place>();
  #wantsNames = false;

  constructor(ctx: Context, session: Session, repository: Found) {
    this.#ctx = ctx;
    this.#session = session;
    this.#repository = repository;
  }

  /**
   * @param commits those of which it is wanted how they are reached
   * @param names whether it is wanted which paths hold a credential themselves
   */
  async resolve(blobs: ReadonlySet<string>, commits: ReadonlySet<string>, names: boolean): Promise<void> {
    this.#wanted = commits;
    this.#wantsNames = names;
    const isDone = () =>
      !names && this.#commits.size === commits.size && [...blobs].every((blob) => this.#places.has(blob));
    await this.#follow(blobs, ['--all'], false);
    if (isDone()) return;
    await this.#addIndexes(blobs);
    await this.#addTagged(blobs);
    const stashes = await this.#olderStashes();
    if (stashes.length > 0) await this.#follow(blobs, [...stashes, '--not', '--all'], false);
    if (isDone()) return;
    await this.#follow(blobs, ['--reflog', '--not', '--all'], true);
    if (isDone()) return;
    await this.#follow(blobs, ['--stdin', '--not', '--all', '--reflog'], true, await this.#everyCommit());
  }

  placesOf(blob: string): readonly Place[] {
    // The log begins with the newest.
    return this.#places.get(blob)?.toReversed() ?? [placeIn(`<object ${blob}>`, 'dangling')];
  }

  /** The paths that hold a credential, each at the first commit that has it. */
  get names(): ReadonlyMap<string, Place> {
    return this.#names;
  }

  commitOf(id: string): Commit | null {
    return this.#commits.get(id) ?? null;
  }

  /** True for a commit that no branch, tag or other ref leads to. */
  isDangling(id: string): boolean {
    return !this.#commits.has(id) || this.#dangling.has(id);
  }

  async #follow(
    blobs: ReadonlySet<string>,
    revisions: readonly string[],
    isDangling: boolean,
    input = '',
  ): Promise<void> {
    const halves = await Promise.all(
      this.#halves().map((range) => this.#readPart(blobs, [...range, ...revisions], isDangling, input)),
    );
    for (const add of halves.flat()) add();
  }

  /** The same walk twice, each of which tells of one part: to compare the trees takes longer than to walk. */
  #halves(): readonly (readonly string[])[] {
    const half = Math.ceil(this.#session.scanned.commits / 2);
    return half < WORTH_TWO ? [[]] : [[`--max-count=${half}`], [`--skip=${half}`]];
  }

  /** @returns what is to be added, in the order in which it came */
  async #readPart(
    blobs: ReadonlySet<string>,
    revisions: readonly string[],
    isDangling: boolean,
    input: string,
  ): Promise<(() => void)[]> {
    const found: (() => void)[] = [];
    const { code, said } = await readLog(
      this.#ctx,
      this.#repository,
      ['--source', ...revisions],
      {
        onCommit: (commit) => {
          if (!this.#wanted.has(commit.id) || this.#commits.has(commit.id)) return;
          this.#commits.set(commit.id, commit);
          if (isDangling) this.#dangling.add(commit.id);
        },
        onFile: (commit, blob, path) => {
          const isNamed = this.#wantsNames && hitsInName(path).length > 0;
          if (!blobs.has(blob) && !isNamed) return;
          const where = isDangling ? 'dangling' : whereOf(commit.ref);
          found.push(() => {
            const place = placeOf(this.#session, this.#repository.root, commit, path, where);
            if (blobs.has(blob)) this.#add(blob, place);
            // The log begins with the newest; what a branch leads to comes before what nothing leads to.
            if (isNamed && (!isDangling || this.#names.get(path)?.where !== 'history')) this.#names.set(path, place);
          });
        },
      },
      input,
    );
    if (code !== 0 && !this.#session.isOver) {
      const why = said.split('\n', 1)[0] || `git log ended with ${code}`;
      this.#session.skip({ what: '<history>', why, failed: true });
    }
    return found;
  }

  /** Only the newest stash is a ref; the others are in its reflog. */
  async #olderStashes(): Promise<string[]> {
    const { code, out } = await askGit(this.#ctx, this.#repository, [
      'reflog',
      'show',
      '--format=%H',
      'refs/stash',
      '--',
    ]);
    const count = code === 0 ? out.split('\n').length - 1 : 0;
    return Array.from({ length: Math.max(0, count - 1) }, (_, at) => `refs/stash@{${at + 1}}`);
  }

  /** What is staged and not committed, in every work tree. */
  async #addIndexes(blobs: ReadonlySet<string>): Promise<void> {
    const { folder, root, linked, gitDir } = this.#repository;
    for (const tree of [folder, ...linked]) {
      const repository = tree === gitDir ? { folder, gitDir } : { folder: tree };
      const { out } = await askGit(this.#ctx, repository, ['ls-files', '--stage', '-z', '--full-name']);
      for (const line of out.split('\0')) {
        const [, blob = '', path = ''] = /^\d+ ([0-9a-f]+) \d\t(.*)$/s.exec(line) ?? [];
        if (!blobs.has(blob) || this.#places.has(blob)) continue;
        this.#add(blob, placeIn(this.#session.label(join(tree === folder ? root : tree, utf8(path))), 'index'));
      }
    }
  }

  /** A ref may lead to a file without a commit. */
  async #addTagged(blobs: ReadonlySet<string>): Promise<void> {
    const format = '--format=%(objectname) %(*objectname) %(refname)';
    const { out } = await askGit(this.#ctx, this.#repository, ['for-each-ref', format]);
    for (const line of out.split('\n')) {
      const [id = '', tagged = '', ref = ''] = line.split(' ');
      const blob = [id, tagged].find((each) => blobs.has(each) && !this.#places.has(each));
      if (blob === undefined) continue;
      this.#add(blob, placeIn(`<object ${blob}>`, whereOf(ref), { ref: scrub(utf8(ref)) }));
    }
  }

  async #everyCommit(): Promise<string> {
    const args = ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objecttype) %(objectname)'];
    const { out } = await askGit(this.#ctx, this.#repository, args);
    return out.replace(/^(?!commit ).*\n/gm, '').replace(/^commit /gm, '');
  }

  #add(blob: string, place: Place): void {
    const known = this.#places.get(blob);
    if (known === undefined) this.#places.set(blob, [place]);
    else known.push(place);
  }
}
