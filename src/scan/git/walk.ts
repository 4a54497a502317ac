import type { Context } from '../../context.ts';
import { HeldLog } from './held-log.ts';
import { type Commit, commitIn, type Entry, inTexts, type LogVisitor, MARK, readLog } from './log.ts';
import { hitsInName, holdsCredential } from './names.ts';
import { type ObjectTable, prefixIn } from './object-table.ts';
import type { Ended, Repository } from './run.ts';
import type { Search } from './search.ts';

/** What a walk came by: a commit, or a file or folder of one. */
export interface Stop {
  readonly id: string;
  readonly commit: Commit;
  /** As bytes in latin1; null for the commit itself. */
  readonly path: string | null;
}

/** Of one that brings a file or folder. */
export interface NamedStop extends Stop {
  readonly path: string;
}

/** So much of the log is held of which it is not known yet whether it is of use; then git waits for the search. In bytes. */
const ROOM = 12 * 1_048_576;

/**
 * Goes through commits while the objects are searched: tells the table what they reach, and holds what the search may
 * ask for.
 */
export class Walk implements LogVisitor {
  /** What has a path that holds a credential itself. */
  readonly named: NamedStop[] = [];
  readonly #table: ObjectTable;
  readonly #search: Search;
  readonly #room: number;
  #limit: number;
  #filter: LogFilter;
  #mayHoldNames = false;

  constructor(table: ObjectTable, search: Search, room = ROOM) {
    this.#table = table;
    this.#search = search;
    this.#room = room;
    this.#limit = room;
    this.#filter = this.#newFilter();
  }

  /** @param revisions what `git log` takes */
  follow(
    ctx: Pick<Context, 'env'>,
    repository: Repository,
    revisions: readonly string[],
    input?: Buffer,
  ): Promise<Ended> {
    return readLog(ctx, repository, ['--source', '-t', ...revisions], this, input);
  }

  /** Takes out what holds a find, in the order of the log, the newest first; when the search has ended. */
  take(): readonly Stop[] {
    this.#letGo();
    const stops: Stop[] = [];
    const add = (commit: Commit, id: string, path: string | null) => {
      if (this.#search.holdsFind(id)) stops.push({ id, commit, path });
    };
    const texts = inTexts({ onCommit: (commit) => add(commit, commit.id, null), onFile: add });
    this.#filter.log.parse(texts);
    return stops;
  }

  onPiece(bytes: Buffer): void {
    this.#mayHoldNames = holdsCredential(bytes);
  }

  onCommit(bytes: Buffer, begin: number, end: number): void {
    this.#table.reach(prefixIn(bytes, bytes.indexOf(MARK, begin) + 1));
    this.#filter.begin(bytes, begin, end);
    if (!this.#table.reach(prefixIn(bytes, begin))) this.#filter.holdCommit();
  }

  onEntry(bytes: Buffer, entry: Entry): void {
    if (this.#mayHoldNames) this.#lookAtName(bytes, entry);
    if (entry.kind === 'submodule') return;
    const isClean = this.#table.reach(prefixIn(bytes, entry.id));
    if (entry.kind === 'file' && !isClean) this.#filter.hold(bytes, entry);
  }

  async onPause(): Promise<void> {
    if (this.#filter.log.size < this.#limit) return;
    this.#letGo();
    if (this.#filter.log.size > this.#limit / 2) {
      await this.#search.end;
      this.#letGo();
    }
    this.#limit = Math.max(this.#room, 2 * this.#filter.log.size);
  }

  isOver(): boolean {
    return this.#search.isOver();
  }

  #lookAtName(bytes: Buffer, { id, idEnd, path, pathEnd }: Entry): void {
    const name = bytes.toString('latin1', path, pathEnd);
    if (hitsInName(name).length === 0) return;
    this.named.push({ id: bytes.toString('latin1', id, idEnd), commit: this.#filter.commit, path: name });
  }

  /** Lets go what the search has found to be of no use. */
  #letGo(): void {
    const filter = this.#newFilter();
    this.#filter.log.parse(filter);
    filter.goOn(this.#filter);
    this.#filter = filter;
  }

  #newFilter(): LogFilter {
    return new LogFilter((bytes, id, idEnd) => {
      if (this.#table.isClean(prefixIn(bytes, id))) return false;
      return !this.#search.hasEnded || this.#search.holdsFind(bytes.toString('latin1', id, idEnd));
    });
  }
}

/** Makes a log of those parts of another one that are wanted. */
class LogFilter implements LogVisitor {
  readonly log = new HeldLog();
  readonly #wants: (bytes: Buffer, id: number, idEnd: number) => boolean;
  /** As it stands in the log, its ends included. */
  #commit = Buffer.alloc(0);
  #isCommitHeld = false;

  constructor(wants: (bytes: Buffer, id: number, idEnd: number) => boolean) {
    this.#wants = wants;
  }

  /** The entries that come are of the same commit as those of another one. */
  goOn(other: LogFilter): void {
    this.#commit = other.#commit;
    this.#isCommitHeld = false;
  }

  /** The one whose entries come. */
  get commit(): Commit {
    return commitIn(this.#commit, 1, this.#commit.length - 1);
  }

  onCommit(bytes: Buffer, begin: number, end: number): void {
    this.begin(bytes, begin, end);
    if (this.#wants(bytes, begin, bytes.indexOf(MARK, begin))) this.holdCommit();
  }

  onEntry(bytes: Buffer, entry: Entry): void {
    if (this.#wants(bytes, entry.id, entry.idEnd)) this.hold(bytes, entry);
  }

  /** The entries that come are of this commit. */
  begin(bytes: Buffer, begin: number, end: number): void {
    this.#commit = Buffer.from(bytes.subarray(begin - 1, end + 1));
    this.#isCommitHeld = false;
  }

  hold(bytes: Buffer, { begin, pathEnd }: Entry): void {
    this.holdCommit();
    this.log.append(bytes, begin, pathEnd + 1);
  }

  holdCommit(): void {
    if (this.#isCommitHeld) return;
    this.log.append(this.#commit, 0, this.#commit.length);
    this.#isCommitHeld = true;
  }
}
