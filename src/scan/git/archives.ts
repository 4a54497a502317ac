import type { Context } from '../../context.ts';
import { type Opened, openArchive } from '../archive/index.ts';
import { ended, type Repository, startGit } from './run.ts';

/** Looks into blobs that are archives, one after the other. */
export async function openBlobs(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  ids: readonly string[],
  isOver: () => boolean,
): Promise<Map<string, Opened>> {
  const opened = new Map<string, Opened>();
  for (const id of ids) {
    if (isOver()) break;
    opened.set(id, await openBlob(ctx, repository, id, isOver));
  }
  return opened;
}

async function openBlob(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  id: string,
  isOver: () => boolean,
): Promise<Opened> {
  const child = startGit(ctx, repository, ['cat-file', 'blob', id]);
  const end = ended(child);
  child.stdin?.end();
  const opened = await openArchive(child.stdout as AsyncIterable<Buffer>, isOver);
  child.kill();
  await end;
  return opened;
}
