import type { Hit } from '../hit.ts';
import type { Session } from '../session.ts';
import type { ObjectType } from './batch-reader.ts';
import { type ObjectTable, prefixOf } from './object-table.ts';

/** What the search through the objects of a repository has found so far. */
export class Search {
  readonly blobs = new Map<string, readonly Hit[]>();
  readonly commits = new Map<string, readonly Hit[]>();
  readonly tags = new Map<string, readonly Hit[]>();
  /** Blobs that have to be unpacked. */
  readonly archives = new Set<string>();
  /** Fulfilled when everything has been searched. */
  readonly end: Promise<void>;
  readonly #session: Session;
  readonly #table: ObjectTable;
  #hasEnded = false;
  #finish: () => void = () => {};

  constructor(session: Session, table: ObjectTable) {
    this.#session = session;
    this.#table = table;
    this.end = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  onObject(id: string, type: ObjectType, size: number, hits: readonly Hit[], isPacked: boolean): void {
    const { scanned } = this.#session;
    scanned.objects += 1;
    scanned.bytes += size;
    if (type === 'commit') scanned.commits += 1;
    this.#table.search(prefixOf(id), hits.length > 0 || isPacked);
    if (isPacked) this.archives.add(id);
    if (hits.length === 0) return;
    if (type === 'blob') this.blobs.set(id, hits);
    else if (type === 'commit') this.commits.set(id, hits);
    else this.tags.set(id, hits);
  }

  isOver(): boolean {
    return this.#session.isOver;
  }

  finish(): void {
    this.#hasEnded = true;
    this.#finish();
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  holdsFind(id: string): boolean {
    return this.blobs.has(id) || this.archives.has(id) || this.commits.has(id);
  }
}
