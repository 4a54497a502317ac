import { closeSync, constants, createReadStream, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { systemCode } from '../../errors.ts';
import { type ArchiveKind, archiveKind, closedFormat } from '../archive/kind.ts';
import type { Hit } from '../hit.ts';
import { CUT, Scanner } from '../scanner.ts';
import { Block } from './block.ts';
import { type Path, whyUnread } from './walk.ts';

/** What came of some files. Plain data: it goes from one thread to another. */
export interface Batch {
  files: number;
  bytes: number;
  /** `member` is the way into an archive: `!folder/file`; null in the file itself. */
  readonly found: { readonly path: Path; readonly member: string | null; readonly hits: readonly Hit[] }[];
  readonly skipped: { readonly path: Path; readonly member: string; readonly why: string; readonly failed: boolean }[];
}

/** Not a link, and no waiting for the writer of a pipe: what is opened may have been changed since it was listed. */
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const FOLLOWING = O_RDONLY | (O_NONBLOCK ?? 0);
const SAFELY = FOLLOWING | (O_NOFOLLOW ?? 0);
/** So long a large file is read before others get their turn. */
const TURN_MS = 50;

export interface ReadOptions {
  /** A file that the user named may be a link. */
  readonly follow?: boolean;
  /** Asked when others have had their turn; true ends the reading. */
  isOver?(): boolean;
  /** Takes what there is so far of a batch that takes long, and lets others have their turn. */
  pause?(part: Batch): Promise<void>;
}

/** Looks at files one after the other, in the same buffers. */
export class FileReader {
  readonly #block = new Block();
  #ownScanner: Scanner | undefined;
  /** Since a large file of the list is read. */
  #turnBegan: number | undefined;

  /** @returns what {@link ReadOptions.pause} was not given */
  async read(paths: readonly Path[], options: ReadOptions = {}): Promise<Batch> {
    const batch: Batch = { files: 0, bytes: 0, found: [], skipped: [] };
    this.#turnBegan = undefined;
    for (const path of paths) {
      const rest = this.#begin(path, options, batch);
      if (rest === null) continue;
      await rest;
      if (options.isOver?.()) break;
    }
    this.#searchBlock(batch);
    return batch;
  }

  /** Opens and reads. Nearly every file is small and has nothing in it to wait for: it is searched with others. */
  #begin(path: Path, options: ReadOptions, batch: Batch): Promise<void> | null {
    let handle: number | null = null;
    try {
      handle = openSync(path, options.follow ? FOLLOWING : SAFELY);
      batch.files += 1;
      if (!this.#block.hasRoom) this.#searchBlock(batch);
      const begun = this.#block.take(path, handle);
      if (begun === null) return null;
      if (begun.length === 0) {
        mustBeFile(handle);
        return null;
      }
      const rest = this.#goOn(handle, begun, path, options, batch);
      handle = null;
      return rest;
    } catch (error) {
      this.#tell(error, path, batch);
      return null;
    } finally {
      if (handle !== null) closeSync(handle);
    }
  }

  #searchBlock(batch: Batch): void {
    batch.bytes += this.#block.filled;
    for (const { path, text } of this.#block.empty()) {
      this.#scanner.write(text);
      const hits = this.#scanner.end();
      if (hits.length > 0) batch.found.push({ path, member: null, hits });
      this.#tellCut(path, batch);
    }
  }

  /** For one file alone; few need it. */
  get #scanner(): Scanner {
    this.#ownScanner ??= new Scanner();
    return this.#ownScanner;
  }

  /** Of a file that is large or packed, `begun` was read. */
  async #goOn(handle: number, begun: Buffer, path: Path, options: ReadOptions, batch: Batch): Promise<void> {
    try {
      const archive = await this.#readPlain(handle, begun, path, options, batch);
      const hits = this.#scanner.end();
      this.#tellCut(path, batch);
      const inside = archive === null ? [] : await this.#open(archive, handle, path, options, batch);
      // What is stored unpacked in an archive is seen in the archive itself too.
      const own = hits.filter(({ value }) => !inside.some((each) => each.value === value));
      if (own.length > 0) batch.found.push({ path, member: null, hits: own });
    } catch (error) {
      this.#tell(error, path, batch);
    } finally {
      closeSync(handle);
    }
  }

  #tellCut(path: Path, batch: Batch): void {
    if (this.#scanner.isCut) batch.skipped.push({ path, member: '', why: CUT, failed: true });
  }

  #tell(error: unknown, path: Path, batch: Batch): void {
    this.#ownScanner?.end();
    const code = error instanceof NoFile ? 'EAGAIN' : systemCode(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT') batch.skipped.push({ path, member: '', why: whyUnread(code), failed: true });
  }

  /** Reads to the end that the file had at the beginning: one that is being written to would have none. */
  async #readPlain(
    handle: number,
    begun: Buffer,
    path: Path,
    options: ReadOptions,
    batch: Batch,
  ): Promise<ArchiveKind | null> {
    this.#searchBlock(batch);
    const { whole } = this.#scanner;
    const first = begun.copy(whole) + readSync(handle, whole, begun.length, whole.length - begun.length, null);
    const head = whole.subarray(0, first);
    const archive = archiveKind(head);
    const closed = closedFormat(head);
    if (closed !== null) {
      batch.skipped.push({ path, member: '', why: closed, failed: false });
    }
    const isWhole = first < whole.length;
    let count = first;
    let left = isWhole ? count : mustBeFile(handle).size;
    while (count > 0 && left > 0) {
      const used = Math.min(count, left);
      batch.bytes += used;
      this.#scanner.filled(used);
      left -= used;
      if (isWhole || left === 0) break;
      await this.#giveTurn(options, batch);
      if (options.isOver?.()) break;
      count = readSync(handle, this.#scanner.room);
    }
    return archive;
  }

  async #giveTurn({ pause }: ReadOptions, batch: Batch): Promise<void> {
    // To ask for the time loads a part of Node: 1 ms that no small file needs.
    this.#turnBegan ??= performance.now();
    if (pause === undefined || performance.now() - this.#turnBegan < TURN_MS) return;
    const { files, bytes } = batch;
    batch.files = 0;
    batch.bytes = 0;
    await pause({ files, bytes, found: batch.found.splice(0), skipped: batch.skipped.splice(0) });
    this.#turnBegan = performance.now();
  }

  async #open(
    kind: ArchiveKind,
    handle: number,
    path: Path,
    { isOver }: ReadOptions,
    batch: Batch,
  ): Promise<readonly Hit[]> {
    const stream = () => createReadStream('', { fd: handle, start: 0, autoClose: false });
    const { openArchive } = await import('../archive/index.ts');
    const { hits, problems } = await openArchive(kind === 'zip' ? handle : stream(), isOver);
    for (const each of hits) batch.found.push({ path, member: each.member, hits: each.hits });
    for (const each of problems) batch.skipped.push({ path, ...each });
    return hits.flatMap((each) => each.hits);
  }
}

/** It was a file when it was listed. */
class NoFile extends Error {}

function mustBeFile(handle: number): Stats {
  const stats = fstatSync(handle);
  if (!stats.isFile()) throw new NoFile();
  return stats;
}
