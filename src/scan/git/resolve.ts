import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Place } from '../findings.ts';
import type { Where } from '../hit.ts';
import { scrub } from '../scrub.ts';
import { placeIn, type Session } from '../session.ts';
import { ObjectList } from './all-objects.ts';
import type { Commit } from './log.ts';
import { type ObjectTable, prefixOf } from './object-table.ts';
import { placeOf, whereOf } from './place.ts';
import type { Found } from './repositories.ts';
import { olderStashes, refsOf, stagedIn } from './roots.ts';
import { reasonOf } from './run.ts';
import type { Search } from './search.ts';
import { type NamedStop, type Stop, Walk } from './walk.ts';

/**
 * Works out where finds stand: in the commits that brought them, by the refs, the stashes and the reflogs; what has no
 * place then, by the commits that nothing leads to; else in an index; else nowhere.
 */
export class Resolver {
  readonly #ctx: Context;
  readonly #session: Session;
  readonly #repository: Found;
  readonly #table: ObjectTable;
  readonly #search: Search;
  readonly #walks: { readonly walk: Walk; readonly isDangling: boolean }[] = [];
  readonly #told = new Set<string>();
  readonly #places = new Map<string, Place[]>();
  readonly #commits = new Map<string, Commit>();
  readonly #dangling = new Set<string>();
  /** By the path, as bytes in latin1. */
  readonly #names = new Map<string, Place>();

  constructor(ctx: Context, session: Session, repository: Found, table: ObjectTable, search: Search) {
    this.#ctx = ctx;
    this.#session = session;
    this.#repository = repository;
    this.#table = table;
    this.#search = search;
  }

  /**
   * Follows what refs, stashes, reflogs and indexes lead to, while the objects are searched.
   * @returns whether the table now knows of every object that something leads to, but trees without a commit
   */
  async follow(): Promise<boolean> {
    const done = await Promise.all([
      this.#walk(['--all'], false),
      this.#followReflogs(),
      this.#reachStaged(),
      this.#reachTagged(),
    ]);
    return done.every(Boolean);
  }

  /** Gives finds the places that it came by so far, when the search has ended. */
  settle(): void {
    for (const { walk, isDangling } of this.#walks) this.#addWalk(walk, isDangling);
  }

  /**
   * Looks for what has no place then.
   * @param hasNames whether there are names of files without a place
   */
  async resolve(hasNames: boolean): Promise<void> {
    if (!hasNames && this.#isDone()) return;
    await this.#addStaged();
    await this.#addTagged();
    if (!hasNames && this.#isDone()) return;
    const walk = new Walk(this.#table, this.#search);
    await this.#follow(walk, ['--stdin', '--not', '--all', '--reflog'], await this.#everyCommit());
    this.#addWalk(walk, true);
  }

  /** @param where it is when it has no place */
  placesOf(blob: string, where: Where = 'dangling'): readonly Place[] {
    // The log begins with the newest.
    return this.#places.get(blob)?.toReversed() ?? [placeIn(`<object ${blob}>`, where)];
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

  #isDone(): boolean {
    const { blobs, archives, commits } = this.#search;
    const isPlaced = (id: string) => this.#places.has(id);
    return (
      [...blobs.keys()].every(isPlaced) &&
      [...archives].every(isPlaced) &&
      [...commits.keys()].every((id) => this.#commits.has(id))
    );
  }

  #walk(revisions: readonly string[], isDangling: boolean): Promise<boolean> {
    const walk = new Walk(this.#table, this.#search);
    this.#walks.push({ walk, isDangling });
    return this.#follow(walk, revisions);
  }

  /** @returns whether it came to its end */
  async #follow(walk: Walk, revisions: readonly string[], input?: Buffer): Promise<boolean> {
    const why = reasonOf(await walk.follow(this.#ctx, this.#repository, revisions, input), 'log');
    if (why === null) return true;
    if (!this.#session.isOver && !this.#told.has(why)) this.#session.skip({ what: '<history>', why, failed: true });
    this.#told.add(why);
    return false;
  }

  #addWalk(walk: Walk, isDangling: boolean): void {
    const place = ({ commit, path }: NamedStop) => {
      const where = isDangling ? 'dangling' : whereOf(commit.ref);
      return placeOf(this.#session, this.#repository.root, commit, path, where);
    };
    for (const stop of walk.take()) {
      if (isNamed(stop)) this.#add(stop.id, place(stop));
      else if (!this.#commits.has(stop.id)) {
        this.#commits.set(stop.id, stop.commit);
        if (isDangling) this.#dangling.add(stop.id);
      }
    }
    // What a branch leads to comes before what nothing leads to.
    for (const stop of walk.named) {
      if (!isDangling || this.#names.get(stop.path)?.where !== 'history') this.#names.set(stop.path, place(stop));
    }
  }

  async #followReflogs(): Promise<boolean> {
    const stashes = await olderStashes(this.#ctx, this.#repository);
    const done = await Promise.all([
      stashes.length === 0 || this.#walk([...stashes, '--not', '--all'], false),
      this.#walk(['--reflog', '--not', '--all', ...stashes], true),
    ]);
    return done.every(Boolean);
  }

  async #reachStaged(): Promise<boolean> {
    const { files, isWhole } = await stagedIn(this.#ctx, this.#repository);
    for (const { blob } of files) this.#table.reach(prefixOf(blob));
    return isWhole;
  }

  /** A walk over commits leaves out what a ref leads to without one. */
  async #reachTagged(): Promise<boolean> {
    const { refs, isWhole } = await refsOf(this.#ctx, this.#repository);
    for (const { id, tagged } of refs)
      for (const each of [id, tagged.id]) if (each !== '') this.#table.reach(prefixOf(each));
    return isWhole && refs.every(({ type, tagged }) => type !== 'tree' && !['tree', 'tag'].includes(tagged.type));
  }

  /** What is staged and not committed. */
  async #addStaged(): Promise<void> {
    const { folder, root } = this.#repository;
    for (const { blob, tree, path } of (await stagedIn(this.#ctx, this.#repository)).files) {
      if (!this.#search.holdsFind(blob) || this.#places.has(blob)) continue;
      this.#add(blob, placeIn(this.#session.label(join(tree === folder ? root : tree, path)), 'index'));
    }
  }

  /** A ref may lead to a file without a commit. */
  async #addTagged(): Promise<void> {
    for (const { name, id, tagged } of (await refsOf(this.#ctx, this.#repository)).refs) {
      const blob = [id, tagged.id].find((each) => this.#search.holdsFind(each) && !this.#places.has(each));
      if (blob !== undefined) this.#add(blob, placeIn(`<object ${blob}>`, whereOf(name), { ref: scrub(name) }));
    }
  }

  async #everyCommit(): Promise<Buffer> {
    const blocks: Buffer[] = [];
    const list = new ObjectList(this.#ctx, this.#repository);
    for await (const ids of list.idsOf((_, type) => type === 'commit')) blocks.push(ids);
    return Buffer.concat(blocks);
  }

  #add(blob: string, place: Place): void {
    const known = this.#places.get(blob);
    if (known === undefined) this.#places.set(blob, [place]);
    else known.push(place);
  }
}

function isNamed(stop: Stop): stop is NamedStop {
  return stop.path !== null;
}
