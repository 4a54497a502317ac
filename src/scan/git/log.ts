import type { Context } from '../../context.ts';
import { type Ended, ended, type Repository, SUBMODULE, startGit, utf8 } from './run.ts';

export interface Commit {
  readonly id: string;
  /** The ref by which it was reached; for one that no ref leads to, its own id. */
  readonly ref: string;
  readonly author: string;
  readonly date: string;
}

/** What a commit brings: what no parent has like this. Its places in the bytes are given. */
export interface Entry {
  /** Folders are listed with the option `-t` alone; what a submodule is of is not in this repository. */
  readonly kind: 'file' | 'folder' | 'submodule';
  readonly begin: number;
  readonly id: number;
  readonly idEnd: number;
  readonly path: number;
  readonly pathEnd: number;
}

/** Told of the bytes of a log: of every commit, and of every entry behind its commit. */
export interface LogVisitor {
  /** Before anything that stands in the bytes is told. */
  onPiece?(bytes: Buffer): void;
  /** @param begin where `<id>\x01<tree>\x01…` stands in the bytes, as {@link FORMAT} has it */
  onCommit(bytes: Buffer, begin: number, end: number): void;
  onEntry(bytes: Buffer, entry: Entry): void;
  /** Git waits until this is fulfilled. */
  onPause?(): Promise<void>;
  isOver?(): boolean;
}

const FORMAT = '--format=tformat:%x01%H%x01%T%x01%S%x01%aI%x01%an <%ae>';
const RAW = [
  '--raw',
  '-z',
  '-c',
  '--no-abbrev',
  '--no-renames',
  '--no-color',
  '--no-relative',
  '--no-ext-diff',
  '--no-textconv',
  '--root',
];
const MOST_TOKEN = 1_048_576;

/**
 * Goes through commits, the newest first.
 * @param revisions what `git log` takes: ids, ranges, `--all`
 * @param input further ids for `--stdin`
 */
export async function readLog(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  revisions: readonly string[],
  visitor: LogVisitor,
  input: Buffer | string = '',
): Promise<Ended> {
  const child = startGit(ctx, repository, ['log', FORMAT, ...RAW, '--encoding=UTF-8', ...revisions, '--']);
  const end = ended(child);
  child.stdin?.end(input);
  const parser = new LogParser(visitor);
  for await (const piece of child.stdout ?? []) {
    if (visitor.isOver?.()) break;
    parser.write(piece as Buffer);
    await visitor.onPause?.();
  }
  return end;
}

export const MARK = 1;
const NEWLINE = 10;
const COLON = 58;
/** With the space behind it. */
const MODE_LENGTH = 7;
/** By the first two digits of a mode; what is gone has another one. */
const KINDS: ReadonlyMap<number, Entry['kind']> = new Map(
  (
    [
      ['100644', 'file'],
      ['120000', 'file'],
      ['040000', 'folder'],
      [SUBMODULE, 'submodule'],
    ] as const
  ).map(([mode, kind]) => [Buffer.from(mode).readUInt16BE(), kind]),
);

/**
 * Reads what ends with NUL: a commit, or an entry and then its path. There are many, of which few are of use: so no texts
 * are made here.
 */
export class LogParser {
  readonly #visitor: LogVisitor;
  #rest: Buffer = Buffer.alloc(0);
  #idLength = 0;

  constructor(visitor: LogVisitor) {
    this.#visitor = visitor;
  }

  write(piece: Buffer): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#visitor.onPiece?.(bytes);
    const rest = bytes.subarray(this.#read(bytes));
    this.#rest = Buffer.from(rest.subarray(0, MOST_TOKEN));
  }

  /** @returns where it breaks off */
  #read(bytes: Buffer): number {
    let begin = 0;
    for (;;) {
      while (bytes[begin] === NEWLINE) begin += 1;
      const end = bytes.indexOf(0, begin);
      const isEntry = bytes[begin] === COLON;
      const pathEnd = isEntry && end >= 0 ? bytes.indexOf(0, end + 1) : end;
      if (pathEnd < 0) return begin;
      if (isEntry) this.#readEntry(bytes, begin, end, pathEnd);
      else if (bytes[begin] === MARK) this.#readCommit(bytes, begin + 1, end);
      begin = pathEnd + 1;
    }
  }

  #readCommit(bytes: Buffer, begin: number, end: number): void {
    this.#idLength = bytes.indexOf(MARK, begin) - begin;
    this.#visitor.onCommit(bytes, begin, end);
  }

  /**
   * `:100644 100644 OLD NEW M`; of a merge, one more colon, mode, id and letter for each further parent. The last mode
   * and the last id are of the file as it became.
   */
  #readEntry(bytes: Buffer, begin: number, end: number, pathEnd: number): void {
    let parents = 1;
    while (bytes[begin + parents] === COLON) parents += 1;
    const mode = begin + parents + parents * MODE_LENGTH;
    const kind = mode < end ? KINDS.get(bytes.readUInt16BE(mode)) : undefined;
    if (kind === undefined) return;
    const idEnd = end - parents - 1;
    const id = idEnd - this.#idLength;
    this.#visitor.onEntry(bytes, { kind, begin, id, idEnd, path: end + 1, pathEnd });
  }
}

/** Told of the same in texts, of files alone. */
export interface TextVisitor {
  onCommit(commit: Commit): void;
  /** @param path as bytes in latin1 */
  onFile(commit: Commit, id: string, path: string): void;
}

export function inTexts(visitor: TextVisitor): LogVisitor {
  let commit: Commit | null = null;
  return {
    onCommit(bytes, begin, end) {
      commit = commitIn(bytes, begin, end);
      visitor.onCommit(commit);
    },
    onEntry(bytes, { kind, id, idEnd, path, pathEnd }) {
      if (commit === null || kind !== 'file') return;
      visitor.onFile(commit, bytes.toString('latin1', id, idEnd), bytes.toString('latin1', path, pathEnd));
    },
  };
}

/** Of what {@link LogVisitor.onCommit} is told. */
export function commitIn(bytes: Buffer, begin: number, end: number): Commit {
  const [id = '', , ref = '', date = '', ...author] = bytes.toString('latin1', begin, end).split('\u0001');
  return { id, ref: utf8(ref), date, author: utf8(author.join(' ')) };
}
