import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Context } from '../../context.ts';
import { CUT } from '../scanner.ts';
import type { Session } from '../session.ts';
import { BatchReader, type Visitor } from './batch-reader.ts';
import { askGitNow, ended, type Repository, reasonOf, startGit } from './run.ts';

/** Tells the session of what could not be looked at, and goes by its end: the same for every search. */
export function problemsFor(session: Session): Pick<Visitor, 'onMissing' | 'onCut' | 'isOver'> {
  return {
    onMissing: (id) => session.skip({ what: `<object ${id}>`, why: 'git does not have it', failed: true }),
    onCut: (id) => session.skip({ what: `<object ${id}>`, why: CUT, failed: true }),
    isOver: () => session.isOver,
  };
}

/** Ids as git reads them: each in a line. */
export function linesOf(ids: readonly string[]): Buffer {
  return Buffer.from(ids.map((id) => `${id}\n`).join(''), 'latin1');
}

/**
 * Looks at the objects with these ids, each in a line. A block of them goes to one process: neighbours are often made
 * from each other, and are unpacked together.
 * @returns why not all of them could be read, or null
 */
export async function readObjects(
  ctx: Context,
  repository: Repository,
  blocks: AsyncIterable<Buffer> | Iterable<Buffer>,
  visitor: Visitor,
  processes = 3,
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
  const answer = askGitNow(ctx, repository, ['cat-file', '--batch', '--buffer'], linesOf(ids));
  if (answer === null) return null;
  if (answer.code !== 0) return answer.said || 'git cat-file failed';
  const reader = new BatchReader(visitor);
  reader.write(answer.out);
  reader.end();
  return DONE;
}

interface Reader {
  readonly child: ChildProcess;
  readonly failure: Promise<string | null>;
}

/** Waits while the process has more than enough to do. */
export async function send({ stdin }: ChildProcess, ids: Buffer): Promise<void> {
  if (!stdin?.writable || stdin.write(ids)) return;
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
  const attempt = (work: () => void) => {
    try {
      if (broken === null) work();
    } catch (error) {
      broken = error instanceof Error ? error.message : 'unreadable';
      child.kill();
    }
  };
  child.stdout?.on('data', (piece: Buffer) => {
    if (visitor.isOver()) child.kill();
    else attempt(() => reader.write(piece));
  });
  const failure = end.then((how) => {
    attempt(() => reader.end());
    return broken ?? (visitor.isOver() ? null : reasonOf(how, 'cat-file'));
  });
  return { child, failure };
}
