import type { Context } from '../context.ts';
import { openArchive } from './archive/index.ts';
import { archiveKind } from './archive/kind.ts';
import { Scanner } from './scanner.ts';
import { placeIn, type Session } from './session.ts';

const STDIN = '<stdin>';
const MOST_ZIP = 48 * 1_048_576;

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
  if (kind === null) {
    const scanner = new Scanner();
    for await (const piece of all()) scanner.write(piece);
    session.add(scanner.end(), placeIn(STDIN, 'stdin'));
    return;
  }
  const { hits, problems } = await openArchive(kind === 'zip' ? await gathered(all()) : all(), () => session.isOver);
  for (const each of hits) session.add(each.hits, placeIn(`${STDIN}${each.member}`, 'stdin'));
  for (const { member, why } of problems) session.skip({ what: `${STDIN}${member}`, why, failed: true });
}

/** A zip is read from its end. One that is cut off here has no directory, and that is said. */
async function gathered(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > MOST_ZIP) break;
    parts.push(piece);
  }
  return Buffer.concat(parts);
}
