import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Hit } from '../hit.ts';
import { placeIn, type Session } from '../session.ts';
import { ObjectList } from './all-objects.ts';
import { addArchives } from './history-archives.ts';
import { addMessages, addTags } from './messages.ts';
import { lookForMissing } from './missing.ts';
import { hitsInName, namesInOtherTrees } from './names.ts';
import { ObjectTable } from './object-table.ts';
import { problemsFor, readObjects } from './objects.ts';
import type { Found } from './repositories.ts';
import { Resolver } from './resolve.ts';
import { askGit } from './run.ts';
import { Search } from './search.ts';

/**
 * Looks at every object of a repository, whether anything leads to it or not: files of all times, messages of commits
 * and tags, names of authors, notes, stashes, what was dropped. Where a find stands is worked out for the finds alone.
 */
export async function scanHistory(
  ctx: Context,
  session: Session,
  repository: Found,
  table = new ObjectTable(),
): Promise<void> {
  const search = new Search(session, table);
  const resolver = new Resolver(ctx, session, repository, table, search);
  const [isWhole] = await Promise.all([
    resolver.follow(),
    searchObjects(ctx, session, repository, table, search),
    tellWhatIsNotHere(ctx, session, repository),
  ]);
  const { blobs, archives, commits, tags } = search;
  resolver.settle();
  if (session.interrupted) {
    for (const [id, hits] of [...blobs, ...commits, ...tags])
      for (const place of resolver.placesOf(id, 'history')) session.add(hits, place);
    return;
  }
  if (!isWhole || table.missing > 0) await lookForMissing(ctx, session, repository);
  const names = await otherNames(ctx, session, repository, table);
  await resolver.resolve(names.size > 0);
  addNames(session, resolver, names);
  for (const [id, hits] of blobs) for (const place of resolver.placesOf(id)) session.add(hits, place);
  await addArchives(ctx, session, repository, [...archives], (id) => resolver.placesOf(id));
  await addMessages(
    ctx,
    session,
    repository,
    commits.keys(),
    (id) => resolver.commitOf(id),
    (id) => resolver.isDangling(id),
  );
  if (tags.size > 0) await addTags(ctx, session, repository, tags.keys());
}

/** Searches all objects but trees, whose names are looked at elsewhere. */
async function searchObjects(
  ctx: Context,
  session: Session,
  repository: Found,
  table: ObjectTable,
  search: Search,
): Promise<void> {
  const list = new ObjectList(ctx, repository);
  const ids = list.idsOf((object, type) => {
    table.list(object, type === 'tree');
    return type !== 'tree';
  });
  const visitor = { ...problemsFor(session), onObject: search.onObject.bind(search) };
  const failure = await readObjects(ctx, repository, ids, visitor);
  search.finish();
  const why = failure ?? (await list.end());
  if (why !== null && !session.isOver) session.skip({ what: repository.gitDir, why, failed: true });
}

/** The values in names of files that no commit was found to lead to. */
async function otherNames(
  ctx: Context,
  session: Session,
  repository: Found,
  table: ObjectTable,
): Promise<ReadonlyMap<string, Hit>> {
  if (table.unreachedTrees === 0) return new Map();
  const { values, failure: why } = await namesInOtherTrees(ctx, repository, table, () => session.isOver);
  if (why !== null && !session.isOver) session.skip({ what: '<names of files>', why, failed: true });
  return values;
}

/** A name is told at the commit that brought it; one that no commit has, where there is none. */
function addNames(session: Session, resolver: Resolver, values: ReadonlyMap<string, Hit>): void {
  const nowhere = new Map(values);
  for (const [path, place] of resolver.names) {
    const hits = hitsInName(path);
    session.add(hits, place);
    for (const { value } of hits) nowhere.delete(value);
  }
  const first = { line: 1, column: 1, endLine: 1 };
  const rest = [...nowhere.values()].map((hit) => ({ ...hit, ...first }));
  session.add(rest, placeIn('<name of a file>', 'dangling'));
}

/** A clone without all of the history cannot be looked at wholly, and that is said. */
async function tellWhatIsNotHere(ctx: Context, session: Session, repository: Found): Promise<void> {
  const { gitDir } = repository;
  if ((lstatSync(join(gitDir, 'shallow'), { throwIfNoEntry: false })?.size ?? 0) > 0) {
    const why = 'a shallow clone: older commits are not here; fetch them: git fetch --unshallow';
    session.skip({ what: gitDir, why, failed: true });
  }
  const { out } = await askGit(ctx, repository, [
    'config',
    '--local',
    '--get-regexp',
    '^(extensions\\.partialclone|remote\\..*\\.promisor)$',
  ]);
  if (out !== '')
    session.skip({ what: gitDir, why: 'a partial clone: what was not fetched is not here', failed: true });
}
