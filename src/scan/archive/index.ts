import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Hit } from '../hit.ts';
import { Scanner, SMALL } from '../scanner.ts';
import { archiveKind, HEAD } from './kind.ts';
import { tarMembers } from './tar.ts';

export { type ArchiveKind, archiveKind, closedFormat } from './kind.ts';

const MEGABYTE = 1_048_576;
/** More than any project's archive; a bomb is over after seconds. */
const MOST_UNPACKED = 1_024 * MEGABYTE;
const MOST_MEMBERS = 200_000;
const MOST_DEPTH = 5;
/** A zip within an archive is held in memory, since its directory is at its end. */
const MOST_INNER_ZIP = 48 * MEGABYTE;

/** What came of an archive: the hits of each of its files that has some, and what could not be looked at. */
export interface Opened {
  readonly hits: { readonly member: string; readonly hits: readonly Hit[] }[];
  readonly problems: { readonly member: string; readonly why: string }[];
}

/** What an archive may cost in all; it ends what is being read when it is used up. */
class Budget {
  #bytes = MOST_UNPACKED;
  #members = MOST_MEMBERS;
  readonly #isOver: () => boolean;

  constructor(isOver: () => boolean) {
    this.#isOver = isOver;
  }

  /** Ends the reading when it is over. */
  goOn(): void {
    if (this.#isOver()) throw new TooMuch('it was interrupted');
  }

  spend(bytes: number): void {
    this.#bytes -= bytes;
    if (this.#bytes < 0) throw new TooMuch(`it unpacks to more than ${MOST_UNPACKED / MEGABYTE} MB`);
  }

  open(depth: number): void {
    this.#members -= 1;
    if (this.#members < 0) throw new TooMuch(`it holds more than ${MOST_MEMBERS} files`);
    if (depth > MOST_DEPTH) throw new TooMuch(`archives are nested more than ${MOST_DEPTH} deep`);
  }
}

class TooMuch extends Error {}

type Pieces = AsyncIterable<Uint8Array>;

/**
 * Looks into a zip, gzip or tar and into what is packed within it. Bounded in time and memory; never throws.
 * @param source the bytes as they come; for a zip its open file, or all of it
 * @param isOver asked between pieces; true ends the reading
 */
export async function openArchive(source: Pieces | number | Buffer, isOver = () => false): Promise<Opened> {
  const opened: Opened = { hits: [], problems: [] };
  const budget = new Budget(isOver);
  try {
    const isZip = typeof source === 'number' || Buffer.isBuffer(source);
    if (isZip) await lookIntoZip(source, '', 1, budget, opened);
    else await look(source, '', 0, budget, opened);
  } catch (error) {
    opened.problems.push({ member: '', why: whyNot(error) });
  }
  return opened;
}

async function look(pieces: Pieces, member: string, depth: number, budget: Budget, opened: Opened): Promise<void> {
  budget.open(depth);
  const { head, all } = await peek(pieces);
  const kind = archiveKind(head);
  if (kind === 'gzip') return look(unpacked(all, budget), member, depth + 1, budget, opened);
  if (kind === 'zip') return lookIntoZip(await gathered(all), member, depth + 1, budget, opened);
  if (kind === 'tar') {
    for await (const { name, content } of tarMembers(all)) {
      await attempt(`${member}!${name}`, opened, (inner) => look(content, inner, depth + 1, budget, opened));
    }
    return;
  }
  const scanner = new Scanner(SMALL);
  for await (const piece of all) {
    budget.goOn();
    scanner.write(piece);
  }
  const hits = scanner.end();
  if (hits.length > 0) opened.hits.push({ member, hits });
}

async function lookIntoZip(zip: number | Buffer, member: string, depth: number, budget: Budget, opened: Opened) {
  budget.open(depth);
  const { zipMembers } = await import('./zip.ts');
  for await (const each of zipMembers(zip)) {
    const name = `${member}!${each.name}`;
    if ('why' in each) opened.problems.push({ member: name, why: each.why });
    else await attempt(name, opened, (inner) => look(counted(each.content, budget), inner, depth + 1, budget, opened));
  }
}

/** What is wrong with one file does not keep the others from being looked at; what is too much ends it all. */
async function attempt(member: string, opened: Opened, work: (member: string) => Promise<void>): Promise<void> {
  try {
    await work(member);
  } catch (error) {
    if (error instanceof TooMuch) throw error;
    opened.problems.push({ member, why: whyNot(error) });
  }
}

async function peek(pieces: Pieces): Promise<{ head: Buffer; all: Pieces }> {
  const iterator = pieces[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < HEAD) {
    const { done, value } = await iterator.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* { [Symbol.asyncIterator]: () => iterator };
  }
  return { head, all: all() };
}

/** Out of gzip; several streams one behind the other are one, and what else stands behind them is let be. */
async function* unpacked(pieces: Pieces, budget: Budget): AsyncGenerator<Uint8Array> {
  const source = Readable.from(pieces, { objectMode: false });
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  yield* counted(source.pipe(gunzip), budget);
}

async function* counted(pieces: Pieces, budget: Budget): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    budget.spend(piece.length);
    yield piece;
  }
}

async function gathered(pieces: Pieces): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const piece of pieces) {
    parts.push(piece);
    size += piece.length;
    if (size > MOST_INNER_ZIP) throw new Error(`a zip within it is larger than ${MOST_INNER_ZIP / MEGABYTE} MB`);
  }
  return Buffer.concat(parts);
}

function whyNot(error: unknown): string {
  if (error instanceof TooMuch) return `${error.message}; the rest was not looked at`;
  const message = error instanceof Error ? error.message : '';
  return /^[\w ,.':()-]{1,120}$/.test(message) ? `it cannot be unpacked: ${message}` : 'it cannot be unpacked';
}
