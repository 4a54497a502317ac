import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Context } from '../../context.ts';
import { archiveKind, closedFormat, HEAD } from '../archive/kind.ts';
import type { Hit } from '../hit.ts';
import { Scanner } from '../scanner.ts';
import { askGitNow, ended, type Repository, startGit } from './run.ts';

export type ObjectType = 'blob' | 'commit' | 'tag' | 'tree';

/** What is told of the objects as they come by. */
export interface Visitor {
  /** @param isPacked for a blob that has to be unpacked, or cannot be */
  onObject(id: string, type: ObjectType, size: number, hits: readonly Hit[], isPacked: boolean): void;
  onMissing(id: string): void;
  /** Not all of the object was decoded. */
  onCut(id: string): void;
  isOver(): boolean;
}

const NEWLINE = 10;
const MOST_HEADER = 256;

/**
 * Reads what `git cat-file --batch` writes, piece by piece: objects of any size in a buffer of one length, each object a
 * text of its own.
 */
class BatchReader {
  readonly #scanner = new Scanner();
  readonly #visitor: Visitor;
  readonly #head = Buffer.alloc(HEAD);
  #headLength = 0;
  #header = '';
  #object: { id: string; type: ObjectType; size: number } | null = null;
  /** Bytes that belong to the object and have not come yet; then one more, the end of its line. */
  #left = 0;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  write(piece: Buffer): void {
    for (let at = 0; at < piece.length; )
      at = this.#object === null ? this.#readHeader(piece, at) : this.#readObject(piece, at);
  }

  #readHeader(piece: Buffer, at: number): number {
    const end = piece.indexOf(NEWLINE, at);
    this.#header += piece.toString('latin1', at, end < 0 ? piece.length : end);
    if (this.#header.length > MOST_HEADER) throw new Error('git cat-file wrote what is no header');
    if (end < 0) return piece.length;
    const [id = '', type = '', size] = this.#header.split(' ');
    this.#header = '';
    if (size === undefined) {
      if (id !== '') this.#visitor.onMissing(id);
    } else {
      this.#object = { id, type: type as ObjectType, size: Number(size) };
      this.#left = Number(size);
      this.#headLength = 0;
    }
    return end + 1;
  }

  #readObject(piece: Buffer, at: number): number {
    const end = Math.min(piece.length, at + this.#left);
    this.#scanner.write(piece.subarray(at, end));
    if (this.#headLength < HEAD) this.#headLength += piece.copy(this.#head, this.#headLength, at, end);
    this.#left -= end - at;
    if (this.#left > 0 || end === piece.length) return end;
    const { id, type, size } = this.#object as { id: string; type: ObjectType; size: number };
    this.#object = null;
    const head = this.#head.subarray(0, this.#headLength);
    const isPacked = type === 'blob' && (archiveKind(head) !== null || closedFormat(head) !== null);
    this.#visitor.onObject(id, type, size, this.#scanner.end(), isPacked);
    if (this.#scanner.isCut) this.#visitor.onCut(id);
    return end + 1;
  }
}

/**
 * Looks at the objects with these ids. A block of them goes to one process: neighbours are often made from each other, and
 * are unpacked together.
 * @returns why not all of them could be read, or null
 */
export async function readObjects(
  ctx: Context,
  repository: Repository,
  blocks: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  visitor: Visitor,
  processes = 2,
): Promise<string | null> {
  const readers = Array.from({ length: processes }, () => startReader(ctx, repository, visitor));
  let turn = 0;
  for await (const block of blocks) {
    if (visitor.isOver()) break;
    if (block.length > 0) await send((readers[turn++ % processes] as Reader).child, block);
  }
  for (const { child } of readers) {
    if (visitor.isOver()) child.kill();
    child.stdin?.end();
  }
  const failures = await Promise.all(readers.map(({ failure }) => failure));
  return failures.find((failure) => failure !== null) ?? null;
}

export const DONE = Symbol('all of them were read');

/**
 * The same for a few, while everything else waits: for a hook, which has to be fast.
 * @returns null when they are too large for that; else {@link DONE}, or why they could not be read
 */
export function readObjectsNow(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  ids: readonly string[],
  visitor: Visitor,
): typeof DONE | string | null {
  const answer = askGitNow(ctx, repository, ['cat-file', '--batch', '--buffer'], `${ids.join('\n')}\n`);
  if (answer === null) return null;
  if (answer.code !== 0) return answer.said || 'git cat-file failed';
  new BatchReader(visitor).write(answer.out);
  return DONE;
}

interface Reader {
  readonly child: ChildProcess;
  readonly failure: Promise<string | null>;
}

/** Waits while the process has more than enough to do. */
export async function send({ stdin }: ChildProcess, ids: readonly string[]): Promise<void> {
  if (!stdin?.writable || stdin.write(`${ids.join('\n')}\n`)) return;
  const over = new AbortController();
  const waits = [once(stdin, 'drain', over), once(stdin, 'close', over)];
  await Promise.race(waits).catch(() => {});
  over.abort();
  await Promise.allSettled(waits);
}

function startReader(ctx: Context, repository: Repository, visitor: Visitor): Reader {
  const child = startGit(ctx, repository, ['cat-file', '--batch', '--buffer']);
  const reader = new BatchReader(visitor);
  const end = ended(child);
  let broken: string | null = null;
  child.stdout?.on('data', (piece: Buffer) => {
    if (visitor.isOver()) child.kill();
    if (broken !== null || visitor.isOver()) return;
    try {
      reader.write(piece);
    } catch (error) {
      broken = error instanceof Error ? error.message : 'unreadable';
      child.kill();
    }
  });
  const failure = end.then(({ code, said }) => {
    if (broken !== null) return broken;
    return code === 0 || visitor.isOver() ? null : said.split('\n', 1)[0] || `git cat-file ended with ${code}`;
  });
  return { child, failure };
}
