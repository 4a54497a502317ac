import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Hit } from '../hit.ts';
import { CUT } from '../scanner.ts';
import { placeIn, type Session } from '../session.ts';
import { readAllObjects } from './all-objects.ts';
import { addArchives } from './history-archives.ts';
import { addMessages, addTags } from './messages.ts';
import { lookForMissing } from './missing.ts';
import { hitsInName, Names } from './names.ts';
import type { Visitor } from './objects.ts';
import type { Found } from './repositories.ts';
import { Resolver } from './resolve.ts';
import { askGit } from './run.ts';

/**
 * Looks at every object of a repository, whether anything leads to it or not: files of all times, messages of commits
 * and tags, names of authors, notes, stashes, what was dropped. Where a find stands is worked out for the finds alone.
 */
export async function scanHistory(ctx: Context, session: Session, repository: Found): Promise<void> {
  const blobs = new Map<string, readonly Hit[]>();
  const archives: string[] = [];
  const commits = new Map<string, readonly Hit[]>();
  const tags = new Map<string, readonly Hit[]>();
  const beside = [lookForMissing(ctx, session, repository), tellWhatIsNotHere(ctx, session, repository)];
  const names = new Names(ctx, repository, () => session.isOver);
  const visitor: Visitor = {
    onObject(id, type, size, hits, isPacked) {
      session.scanned.objects += 1;
      session.scanned.bytes += size;
      if (type === 'commit') session.scanned.commits += 1;
      if (isPacked) archives.push(id);
      if (hits.length === 0) return;
      if (type === 'blob') blobs.set(id, hits);
      else if (type === 'commit') commits.set(id, hits);
      else tags.set(id, hits);
    },
    onMissing: (id) => session.skip({ what: `<object ${id}>`, why: 'git does not have it', failed: true }),
    onCut: (id) => session.skip({ what: `<object ${id}>`, why: CUT, failed: true }),
    isOver: () => session.isOver,
  };
  const failure = await readAllObjects(ctx, repository, visitor, (trees) => names.look(trees));
  const { values, failure: unnamed } = await names.end();
  if (unnamed !== null && !session.isOver) session.skip({ what: '<names of files>', why: unnamed, failed: true });
  if (failure !== null) session.skip({ what: repository.gitDir, why: failure, failed: true });
  await Promise.all(beside);
  if (session.interrupted) {
    // To work out where they stand takes as long as the search.
    for (const [id, hits] of [...blobs, ...commits, ...tags]) session.add(hits, placeIn(`<object ${id}>`, 'history'));
    return;
  }
  if (blobs.size + archives.length + commits.size + tags.size + values.size === 0) return;
  const resolver = new Resolver(ctx, session, repository);
  await resolver.resolve(new Set([...blobs.keys(), ...archives]), new Set(commits.keys()), values.size > 0);
  addNames(session, resolver, values);
  for (const [id, hits] of blobs) for (const place of resolver.placesOf(id)) session.add(hits, place);
  await addArchives(ctx, session, repository, archives, (id) => resolver.placesOf(id));
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
