import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Hit } from '../hit.ts';
import { CUT, Scanner } from '../scanner.ts';
import { archiveKind, closedFormat, HEAD } from './kind.ts';
import { tarMembers } from './tar.ts';
import type { HeldZip } from './zip.ts';

const MEGABYTE = 1_048_576;
/** More than any project's archive; a bomb is over after seconds. */
const MOST_UNPACKED = 1_024 * MEGABYTE;
const MOST_MEMBERS = 200_000;
/** A `.tar.gz` has two, a zip one. */
const MOST_DEPTH = 8;
/** A zip that is no file of its own is held in memory, since its directory is at its end; with those that it is in. */
const MOST_HELD = 48 * MEGABYTE;

/** What came of an archive: the hits of each of its files that has some, and what could not be looked at. */
export interface Opened {
  readonly hits: { readonly member: string; readonly hits: readonly Hit[] }[];
  readonly problems: { readonly member: string; readonly why: string; readonly failed: boolean }[];
}

/** What an archive may cost in all; it ends what is being read when it is used up. */
class Budget {
  /** Files come one after the other: one buffer is enough. */
  readonly scanner: Scanner;
  #bytes = MOST_UNPACKED;
  #members = MOST_MEMBERS;
  #held = 0;
  readonly #isOver: () => boolean;

  constructor(scanner: Scanner, isOver: () => boolean) {
    this.scanner = scanner;
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

  /** @throws when there is no more room in memory; negative numbers give room back */
  hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > MOST_HELD) throw new Error(`zips within it are larger than ${MOST_HELD / MEGABYTE} MB`);
  }

  open(depth: number): void {
    this.#members -= 1;
    if (this.#members < 0) throw new TooMuch(`it holds more than ${MOST_MEMBERS} files`);
    if (depth > MOST_DEPTH) throw new TooMuch(`archives are nested more than ${MOST_DEPTH} deep`);
  }
}

class TooMuch extends Error {}

/** Searchable ones, which are made once: ten times as fast as a small one. */
const idle: Scanner[] = [];

type Pieces = AsyncIterable<Uint8Array>;

/**
 * Looks into a zip, gzip or tar and into what is packed within it. Bounded in time and memory; never throws.
 * @param source the bytes as they come, or the open file of a zip
 * @param isOver asked between pieces; true ends the reading
 */
export async function openArchive(source: Pieces | number, isOver = () => false): Promise<Opened> {
  const opened: Opened = { hits: [], problems: [] };
  const scanner = idle.pop() ?? new Scanner();
  const budget = new Budget(scanner, isOver);
  try {
    if (typeof source === 'number') await lookIntoZip(source, '', 0, budget, opened);
    else await look(source, '', 0, budget, opened);
  } catch (error) {
    opened.problems.push({ member: '', why: whyNot(error), failed: true });
  } finally {
    idle.push(scanner);
  }
  return opened;
}

async function look(pieces: Pieces, member: string, depth: number, budget: Budget, opened: Opened): Promise<void> {
  budget.open(depth);
  const { head, all } = await peek(pieces);
  const kind = archiveKind(head);
  if (kind === 'gzip') return look(unpacked(all, budget), member, depth + 1, budget, opened);
  if (kind === 'zip') return lookIntoHeld(all, member, depth, budget, opened);
  if (kind === 'tar') {
    for await (const { name, content } of tarMembers(all)) {
      await attempt(`${member}!${name}`, opened, (inner) => look(content, inner, depth + 1, budget, opened));
    }
    return;
  }
  const closed = closedFormat(head);
  if (closed !== null) opened.problems.push({ member, why: closed, failed: false });
  // The whole file was read by whoever has called.
  if (closed !== null && depth === 0) return;
  const { scanner } = budget;
  try {
    for await (const piece of all) {
      budget.goOn();
      scanner.write(piece);
    }
  } finally {
    // What stands before the damage counts.
    const hits = scanner.end();
    if (scanner.isCut) opened.problems.push({ member, why: CUT, failed: true });
    if (hits.length > 0) opened.hits.push({ member, hits });
  }
}

async function lookIntoHeld(pieces: Pieces, member: string, depth: number, budget: Budget, opened: Opened) {
  const held: Uint8Array[] = [];
  try {
    for await (const piece of pieces) {
      budget.goOn();
      held.push(piece);
      budget.hold(piece.length);
    }
    const { HeldZip } = await import('./zip.ts');
    await lookIntoZip(new HeldZip(held), member, depth, budget, opened);
  } finally {
    budget.hold(-held.reduce((sum, { length }) => sum + length, 0));
  }
}

async function lookIntoZip(zip: number | HeldZip, member: string, depth: number, budget: Budget, opened: Opened) {
  const { zipMembers } = await import('./zip.ts');
  for await (const each of zipMembers(zip)) {
    const name = `${member}!${each.name}`;
    if ('why' in each) opened.problems.push({ member: name, why: each.why, failed: true });
    else await attempt(name, opened, (inner) => look(counted(each.content, budget), inner, depth + 1, budget, opened));
  }
}

/** What is wrong with one file does not keep the others from being looked at; what is too much ends it all. */
async function attempt(member: string, opened: Opened, work: (member: string) => Promise<void>): Promise<void> {
  try {
    await work(member);
  } catch (error) {
    if (error instanceof TooMuch) throw error;
    opened.problems.push({ member, why: whyNot(error), failed: true });
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

function whyNot(error: unknown): string {
  if (error instanceof TooMuch) return `${error.message}; the rest was not looked at`;
  const message = error instanceof Error ? error.message : '';
  return /^[\w ,.':()-]{1,120}$/.test(message) ? `it cannot be unpacked: ${message}` : 'it cannot be unpacked';
}
