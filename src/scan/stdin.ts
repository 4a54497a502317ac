import type { Context } from '../context.ts';
import { openArchive } from './archive/index.ts';
import { archiveKind, closedFormat } from './archive/kind.ts';
import { CUT, Scanner } from './scanner.ts';
import { placeIn, type Session } from './session.ts';

const STDIN = '<stdin>';

/** Looks at standard input, of any length; at what is in it when it is an archive. */
export async function scanStdin(ctx: Context, session: Session): Promise<void> {
  const stream = ctx.stdin.stream();
  session.onInterrupt(() => stream.destroy?.());
  const iterator = stream[Symbol.asyncIterator]();
  const next = async () => {
    try {
      return await iterator.next();
    } catch (error) {
      if (session.interrupted) return { value: undefined, done: true as const };
      throw error;
    }
  };
  const { value: first = Buffer.alloc(0), done } = await next();
  async function* all(): AsyncGenerator<Uint8Array> {
    for (let piece = first, over = done; !over && !session.isOver; { value: piece, done: over } = await next()) {
      session.scanned.bytes += piece.length;
      yield piece;
    }
  }
  const kind = archiveKind(first);
  const closed = closedFormat(first);
  if (closed !== null) session.skip({ what: STDIN, why: closed, failed: false });
  if (kind === null) {
    const scanner = new Scanner();
    for await (const piece of all()) scanner.write(piece);
    session.add(scanner.end(), placeIn(STDIN, 'stdin'));
    if (scanner.isCut) session.skip({ what: STDIN, why: CUT, failed: true });
    return;
  }
  const { hits, problems } = await openArchive(all(), () => session.isOver);
  for (const each of hits) session.add(each.hits, placeIn(`${STDIN}${each.member}`, 'stdin'));
  for (const { member, ...rest } of problems) session.skip({ what: `${STDIN}${member}`, ...rest });
}
