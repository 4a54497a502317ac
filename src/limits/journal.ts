import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { withLock } from '../files/lock.ts';
import { ensurePrivateFolder } from '../files/replace.ts';
import type { Count, Counters } from './counters.ts';
import { beginGeneration, latestGeneration } from './generations.ts';
import { JournalFile } from './journal-file.ts';
import type { ChangeRecord } from './record.ts';

/**
 * Counters in a file, for every process of this machine at once, without a server and without waiting for each other.
 *
 * A change is one line, appended in one write, which the system puts behind all others; then the file is read up to
 * that line. Every process reads the same lines in the same order and so comes to the same counters: whether a change
 * fits under its limit is decided by its place in the file, and by nobody's lock. What was appended survives a SIGKILL;
 * the disk has it a second later at most, for when the power fails.
 *
 * A file that has grown is ended by a line that says so, which voids whatever comes behind it. The next generation
 * begins with the counters as they were at that line, which again every process works out alike.
 *
 * Written here because the embedded stores of rate-limiter-flexible are the memory of one process, and SQLite, which
 * is in Node only from 22 on, and otherwise an addon to compile.
 */
const MAX_BYTES = 4 * 1024 * 1024;
const SYNC_MS = 1_000;

export interface JournalOptions {
  readonly maxBytes?: number;
  readonly now?: () => number;
}

/** A change that is not written yet. */
interface Waiting extends ChangeRecord {
  resolve(count: Count): void;
  reject(error: unknown): void;
}

export class Journal implements Counters {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #process = randomBytes(6).toString('hex');
  readonly #timer: NodeJS.Timeout;
  #changes = 0;
  #file: JournalFile | null = null;
  #moving: Promise<JournalFile> | null = null;
  #waiting: Waiting[] = [];

  private constructor(path: string, { maxBytes = MAX_BYTES, now = Date.now }: JournalOptions) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#now = now;
    this.#timer = setInterval(() => this.#file?.sync(), SYNC_MS).unref();
  }

  /** @param path the one before the number: `…/counters` for `…/counters.1` */
  static async open(path: string, options: JournalOptions = {}): Promise<Journal> {
    ensurePrivateFolder(dirname(path));
    const journal = new Journal(path, options);
    await journal.#current();
    return journal;
  }

  /** Written with all others that are asked for before this process gets to anything else, in one write. */
  add(key: string, delta: number, seconds: number, limit: number): Promise<Count> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) void Promise.resolve().then(() => this.#flush());
      this.#changes += 1;
      const id = `${this.#process}.${this.#changes}`;
      this.#waiting.push({ id, at: this.#now(), delta, seconds, limit, key, resolve, reject });
    });
  }

  async get(key: string): Promise<Count | null> {
    let file = await this.#current();
    file.catchUp();
    if (file.ended) file = await this.#current();
    const counter = file.counters.get(key);
    const msLeft = counter === undefined ? 0 : counter.ends - this.#now();
    return counter === undefined || msLeft <= 0 ? null : { value: counter.value, msLeft };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#waiting.length > 0) await this.#flush();
    this.#file?.close();
    this.#file = null;
  }

  /** Again into the next file goes what came behind the end of this one. */
  async #flush(): Promise<void> {
    let left = this.#waiting;
    this.#waiting = [];
    try {
      while (left.length > 0) {
        const file = this.#file?.ended === false ? this.#file : await this.#current();
        const counts = file.append(left);
        left = left.filter(({ resolve }, at) => {
          const count = counts[at];
          if (count !== undefined) resolve(count);
          return count === undefined;
        });
        if (file.ended) continue;
        if (left.length > 0) throw new Error('the limits could not be written');
        if (file.grown > this.#maxBytes) file.end();
      }
    } catch (error) {
      for (const { reject } of left) reject(error);
    }
  }

  /** The last generation that there is; looked for once for all that wait for it. */
  #current(): Promise<JournalFile> {
    if (this.#file?.ended === false) return Promise.resolve(this.#file);
    this.#moving ??= this.#follow().finally(() => {
      this.#moving = null;
    });
    return this.#moving;
  }

  async #follow(): Promise<JournalFile> {
    for (;;) {
      const before = this.#file;
      const [generation, counters] = [before?.generation ?? 0, before?.counters ?? new Map()];
      const latest = latestGeneration(this.#path);
      if (latest <= generation) {
        // Ended, and whoever ended it has not begun the next one: it may have been killed in between.
        await withLock(this.#path, () => beginGeneration(this.#path, generation + 1, counters, this.#now()));
        continue;
      }
      // Null when it was succeeded and removed since it was listed.
      const file = JournalFile.open(`${this.#path}.${latest}`, latest);
      if (file === null) continue;
      before?.close();
      this.#file = file;
      if (!file.ended) return file;
    }
  }
}
