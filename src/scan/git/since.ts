import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { Place } from '../findings.ts';
import { placeIn, type Session } from '../session.ts';
import { addArchives } from './history-archives.ts';
import { type Commit, inTexts, readLog } from './log.ts';
import { addMessages, addTags } from './messages.ts';
import { linesOf, problemsFor, readObjects } from './objects.ts';
import { refusePipes } from './pipes.ts';
import { placeOf, whereOf } from './place.ts';
import { askGit, endGit, gitFailed, type Repository, rootOf } from './run.ts';

/**
 * Looks at the commits that `REV..HEAD` names: what they bring, and what they say.
 * @throws {UserError} `scan_failed` when there is no such revision here; `usage` for what is none
 */
export async function scanSince(ctx: Context, session: Session, since: string): Promise<void> {
  if (since.startsWith('-') || since === '')
    throw new UserError('usage', 'that is no revision', { hint: 'for example: --since origin/main' });
  const range = since.includes('..') ? since : `${since}..HEAD`;
  await scanRange(ctx, session, ['--end-of-options', range]);
}

/**
 * Looks at what a push would send.
 * @param lines what git gives a pre-push hook: local ref, local id, remote ref, remote id
 */
export async function scanPush(ctx: Context, session: Session, lines: string): Promise<void> {
  const ids = lines.split('\n').map((line) => line.trim().split(/\s+/));
  const isId = (text: string | undefined): text is string =>
    text !== undefined && /^[0-9a-f]{40,64}$/.test(text) && !/^0+$/.test(text);
  const sent = ids.map(([, local]) => local).filter(isId);
  if (sent.length === 0) return;
  const there = ids.map(([, , , remote]) => remote).filter(isId);
  const known = await askGit(
    ctx,
    here(ctx),
    ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    `${there.join('\n')}\n`,
  );
  const present = there.filter((id) => known.out.includes(`${id} commit`));
  await scanRange(ctx, session, [...sent, '--not', ...present, '--remotes']);
  await scanTags(ctx, session, sent);
}

/** An annotated tag has a message of its own, and may be one of a tag. */
async function scanTags(ctx: Context, session: Session, sent: readonly string[]): Promise<void> {
  const format = '--batch-check=%(objectname) %(objecttype)';
  for (let ids = sent, depth = 0; ids.length > 0 && depth < MOST_TAGS; depth += 1) {
    const { out } = await askGit(ctx, here(ctx), ['cat-file', format], `${ids.join('\n')}\n`);
    const tags = [...out.matchAll(/^([0-9a-f]+) tag$/gm)].map(([, id = '']) => id);
    ids = tags.length === 0 ? [] : await addTags(ctx, session, here(ctx), tags);
  }
}

function here(ctx: Context): Repository {
  return { folder: ctx.cwd, inHook: true };
}

async function scanRange(ctx: Context, session: Session, revisions: readonly string[]): Promise<void> {
  session.onInterrupt(endGit);
  refusePipes(ctx.cwd);
  const repository = here(ctx);
  const folder = await rootOf(ctx, repository);
  const files = new Map<string, Place[]>();
  const commits = new Map<string, Commit>();
  const visitor = inTexts({
    onCommit: (commit) => commits.set(commit.id, commit),
    onFile(commit, blob, path) {
      const place = placeOf(session, folder, commit, path, whereOf(commit.ref));
      files.set(blob, [...(files.get(blob) ?? []), place]);
    },
  });
  const log = await readLog(ctx, repository, ['--source', ...revisions], visitor);
  if (log.code !== 0) throw gitFailed('the commits could not be listed', log);
  session.scanned.commits += commits.size;
  const found = new Set<string>();
  const archives: string[] = [];
  const ids = [...files.keys(), ...commits.keys()];
  const failure = await readObjects(ctx, repository, inBlocks(ids), {
    onObject(id, type, size, hits, isPacked) {
      session.scanned.objects += 1;
      session.scanned.bytes += size;
      if (isPacked) archives.push(id);
      if (type === 'commit' && hits.length > 0) found.add(id);
      if (type === 'blob') for (const place of files.get(id) ?? []) session.add(hits, place);
    },
    ...problemsFor(session),
  });
  if (failure !== null) session.skip({ what: '<history>', why: failure, failed: true });
  await addArchives(
    ctx,
    session,
    repository,
    archives,
    (id) => files.get(id) ?? [placeIn(`<object ${id}>`, 'dangling')],
  );
  await addMessages(ctx, session, repository, found, (id) => commits.get(id) ?? null);
}

const BLOCK = 1_000;
/** Tags of tags of tags: nobody goes deeper. */
const MOST_TAGS = 10;

function* inBlocks(ids: readonly string[]): Generator<Buffer> {
  for (let at = 0; at < ids.length; at += BLOCK) yield linesOf(ids.slice(at, at + BLOCK));
}
