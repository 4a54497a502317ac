import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { ensurePrivateFolder } from '../files/replace.ts';
import type { Count, Counters } from './counters.ts';
import { beginGeneration, latestGeneration } from './generations.ts';
import { apply, type ChangeRecord, type Counter, changeLine, MOVED, readLine } from './record.ts';

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
const BLOCK = Buffer.alloc(64 * 1024);

export interface JournalOptions {
  readonly maxBytes?: number;
  readonly now?: () => number;
}

export class Journal implements Counters {
  readonly #file: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #process = randomBytes(6).toString('hex');
  #changes = 0;
  #generation = 0;
  #handle = -1;
  #position = 0;
  /** Bytes that the counters of the generation before took: a file of so many is not one that has grown. */
  #inherited = 0;
  #rest = '';
  #counters = new Map<string, Counter>();
  #moved = false;
  #moving: Promise<void> | null = null;
  #unsynced = false;
  readonly #timer: NodeJS.Timeout;

  private constructor(file: string, { maxBytes = MAX_BYTES, now = Date.now }: JournalOptions) {
    this.#file = file;
    this.#maxBytes = maxBytes;
    this.#now = now;
    this.#timer = setInterval(() => this.#sync(), SYNC_MS).unref();
  }

  /** @param file the path before the number: `…/counters` for `…/counters.1` */
  static async open(file: string, options: JournalOptions = {}): Promise<Journal> {
    ensurePrivateFolder(dirname(file));
    const journal = new Journal(file, options);
    await journal.#move();
    return journal;
  }

  async add(key: string, delta: number, seconds: number, limit: number): Promise<Count> {
    for (;;) {
      if (this.#moved) await this.#move();
      const count = this.#append({ id: this.#nextId(), at: this.#now(), delta, seconds, limit, key });
      if (count !== null) {
        if (this.#position > this.#inherited + this.#maxBytes) await this.#end();
        return count;
      }
    }
  }

  async get(key: string): Promise<Count | null> {
    this.#catchUp();
    if (this.#moved) {
      await this.#move();
      return this.get(key);
    }
    const counter = this.#counters.get(key);
    const msLeft = counter === undefined ? 0 : counter.ends - this.#now();
    return counter === undefined || msLeft <= 0 ? null : { value: counter.value, msLeft };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#handle >= 0) closeSync(this.#handle);
    this.#handle = -1;
  }

  #nextId(): string {
    this.#changes += 1;
    return `${this.#process}.${this.#changes}`;
  }

  /** Null when the file was ended before this change came into it. */
  #append(change: ChangeRecord): Count | null {
    const line = Buffer.from(changeLine(change));
    const written = writeSync(this.#handle, line);
    this.#unsynced = true;
    const count = this.#catchUp(change.id);
    if (this.#moved) return count;
    // Cut off by a full disk. What is there must not spoil the next line.
    if (written !== line.length) writeSync(this.#handle, '\n');
    if (count === null) throw new Error('the journal of the limits could not be written');
    return count;
  }

  /** Reads to the end of the file; gives what became of the change with this id. */
  #catchUp(id?: string): Count | null {
    let count: Count | null = null;
    for (;;) {
      const length = readSync(this.#handle, BLOCK, 0, BLOCK.length, this.#position);
      if (length === 0) return count;
      this.#position += length;
      const lines = (this.#rest + BLOCK.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const text of lines) {
        const line = readLine(text);
        if (line === null || this.#moved) continue;
        if (line.kind === 'moved') this.#moved = true;
        else if (line.kind === 'counter') {
          this.#counters.set(line.key, line.counter);
          this.#inherited += text.length + 1;
        } else {
          const result = apply(this.#counters, line.change);
          if (line.change.id === id) count = result;
        }
      }
    }
  }

  /** Goes on in the last generation that there is; once for all that wait for it. */
  #move(): Promise<void> {
    this.#moving ??= this.#follow().finally(() => {
      this.#moving = null;
    });
    return this.#moving;
  }

  async #follow(): Promise<void> {
    do {
      const latest = latestGeneration(this.#file);
      if (latest > this.#generation) this.#tryOpen(latest);
      // Ended, and whoever ended it has not begun the next one: it may have been killed in between.
      else
        await withLock(this.#file, () =>
          beginGeneration(this.#file, this.#generation + 1, this.#counters, this.#now()),
        );
    } while (this.#moved || this.#handle < 0);
  }

  #tryOpen(generation: number): void {
    let handle: number;
    try {
      handle = openSync(`${this.#file}.${generation}`, constants.O_RDWR | constants.O_APPEND);
    } catch (error) {
      // Succeeded and removed since it was listed.
      if (systemCode(error) === 'ENOENT') return;
      throw error;
    }
    if (this.#handle >= 0) closeSync(this.#handle);
    this.#handle = handle;
    this.#generation = generation;
    this.#counters = new Map();
    this.#position = 0;
    this.#inherited = 0;
    this.#rest = '';
    this.#moved = false;
    this.#catchUp();
  }

  async #end(): Promise<void> {
    if (this.#moving !== null || this.#moved) return;
    writeSync(this.#handle, MOVED);
    this.#catchUp();
    await this.#move();
  }

  #sync(): void {
    if (!this.#unsynced || this.#handle < 0) return;
    this.#unsynced = false;
    // Best effort: what could not be synced is still in the file for every process of this machine.
    fdatasync(this.#handle, () => {});
  }
}
