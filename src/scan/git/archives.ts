import type { Context } from '../../context.ts';
import { type Opened, openArchive } from '../archive/index.ts';
import { archiveKind } from '../archive/kind.ts';
import { ended, type Repository, startGit } from './run.ts';

const MOST_ZIP = 48 * 1_048_576;

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
  const pieces = child.stdout as AsyncIterable<Buffer>;
  const [first, all] = await firstOf(pieces);
  const opened = await (archiveKind(first) === 'zip' ? openZip(all, isOver) : openArchive(all, isOver));
  child.kill();
  await end;
  return opened;
}

async function openZip(pieces: AsyncIterable<Buffer>, isOver: () => boolean): Promise<Opened> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    size += piece.length;
    if (size > MOST_ZIP) return { hits: [], problems: [{ member: '', why: 'a zip that large is not unpacked' }] };
  }
  return openArchive(Buffer.concat(parts), isOver);
}

async function firstOf(pieces: AsyncIterable<Buffer>): Promise<[Buffer, AsyncIterable<Buffer>]> {
  const iterator = pieces[Symbol.asyncIterator]();
  const { value = Buffer.alloc(0) } = await iterator.next();
  async function* all(): AsyncGenerator<Buffer> {
    yield value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return [value, all()];
}
