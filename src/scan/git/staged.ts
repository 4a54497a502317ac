import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Hit } from '../hit.ts';
import { placeIn, type Session } from '../session.ts';
import type { Visitor } from './batch-reader.ts';
import { DONE, linesOf, problemsFor, readObjects, readObjectsNow } from './objects.ts';
import { refusePipes } from './pipes.ts';
import { indexOf } from './roots.ts';
import { askGit, askGitNow, gitFailed, type Repository, rootOf, SUBMODULE, utf8 } from './run.ts';

interface Change {
  readonly before: string;
  readonly after: string;
  readonly path: string;
}

/**
 * Looks at what is in the index and not in HEAD. What a file held there already is not told again: it is no news of
 * this commit.
 * @throws {UserError} `scan_failed` when git refuses
 */
export async function scanStaged(ctx: Context, session: Session): Promise<void> {
  refusePipes(ctx.cwd);
  const repository: Repository = { folder: ctx.cwd, inHook: true };
  const changes = await changesIn(ctx, repository);
  const found = await hitsIn(
    ctx,
    session,
    repository,
    changes.map(({ after }) => after),
  );
  const touched = changes.filter(({ after, before }) => found.has(after) && !/^0+$/.test(before));
  const known = await hitsIn(
    ctx,
    session,
    repository,
    touched.map(({ before }) => before),
    false,
  );
  const root = found.size > 0 ? await rootOf(ctx, repository) : ctx.cwd;
  for (const { before, after, path } of changes) {
    const all = found.get(after);
    if (all === undefined) continue;
    const values = new Set(known.get(before)?.map(({ value }) => value));
    const hits = all.filter(({ value }) => !values.has(value));
    session.add(hits, placeIn(session.label(join(root, utf8(path))), 'index'));
  }
}

async function changesIn(ctx: Context, repository: Repository): Promise<Change[]> {
  const diff = [
    'diff-index',
    '--cached',
    '--raw',
    '-z',
    '--no-renames',
    '--no-abbrev',
    '--diff-filter=d',
    'HEAD',
    '--',
  ];
  const changed = askGitNow(ctx, repository, diff) ?? { code: null, said: 'too much is staged', out: Buffer.alloc(0) };
  if (changed.code === 0) {
    const tokens = changed.out.toString('latin1').split('\0');
    return tokens.flatMap((token, at) => {
      const [, mode, before = '', after = ''] = token.startsWith(':') ? token.split(' ') : [];
      return at % 2 === 1 || mode === undefined || mode === SUBMODULE
        ? []
        : [{ before, after, path: tokens[at + 1] ?? '' }];
    });
  }
  // Before the first commit there is no HEAD: everything in the index is new.
  const listed = await indexOf(ctx, repository);
  if (listed.code !== 0) throw gitFailed('the index could not be read', listed);
  const head = await askGit(ctx, repository, ['rev-parse', '--verify', '--quiet', 'HEAD']);
  if (head.code === 0) throw gitFailed('what is staged could not be read', changed);
  return listed.files.map(({ blob, path }) => ({ before: '0', after: blob, path }));
}

async function hitsIn(
  ctx: Context,
  session: Session,
  repository: Repository,
  blobs: readonly string[],
  counts = true,
): Promise<Map<string, readonly Hit[]>> {
  const found = new Map<string, readonly Hit[]>();
  if (blobs.length === 0) return found;
  const archives: string[] = [];
  const visitor: Visitor = {
    onObject(id, _, size, hits, isPacked) {
      if (counts) session.scanned.objects += 1;
      if (counts) session.scanned.bytes += size;
      if (hits.length > 0) found.set(id, hits);
      if (isPacked) archives.push(id);
    },
    ...problemsFor(session),
  };
  const ids = [...new Set(blobs)];
  const failure =
    readObjectsNow(ctx, repository, ids, visitor) ?? (await readObjects(ctx, repository, [linesOf(ids)], visitor, 1));
  if (failure !== null && failure !== DONE) session.skip({ what: '<index>', why: failure, failed: true });
  if (archives.length === 0) return found;
  const { openBlobs } = await import('./archives.ts');
  for (const [id, { hits, problems }] of await openBlobs(ctx, repository, archives, visitor.isOver)) {
    for (const { member, ...rest } of counts ? problems : [])
      session.skip({ what: `<object ${id}>${member}`, ...rest });
    if (hits.length > 0) found.set(id, [...(found.get(id) ?? []), ...hits.flatMap((each) => each.hits)]);
  }
  return found;
}
