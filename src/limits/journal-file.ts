import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import type { Count } from './counters.ts';
import { apply, type ChangeRecord, type Counter, changeLine, MOVED, readLine } from './record.ts';

const BLOCK = Buffer.alloc(64 * 1024);

/** One generation of a journal, and the counters that its lines come to. */
export class JournalFile {
  readonly generation: number;
  readonly counters = new Map<string, Counter>();
  readonly #handle: number;
  #position = 0;
  #inherited = 0;
  #rest = '';
  #ended = false;
  #unsynced = false;

  private constructor(generation: number, handle: number) {
    this.generation = generation;
    this.#handle = handle;
  }

  /** Null when there is no such file, or no longer. */
  static open(path: string, generation: number): JournalFile | null {
    try {
      const handle = openSync(path, constants.O_RDWR | constants.O_APPEND);
      const file = new JournalFile(generation, handle);
      file.catchUp();
      return file;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return null;
      throw error;
    }
  }

  /** Whether it goes on in the next generation: what is written behind its end is not read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Bytes of it beside the counters that it began with. */
  get grown(): number {
    return this.#position - this.#inherited;
  }

  /**
   * Appends a line for each change in one write, and reads up to them.
   * @returns what became of each; undefined for one that did not get into the file, or came behind its end
   */
  append(changes: readonly ChangeRecord[]): (Count | undefined)[] {
    let lines = '';
    for (const change of changes) lines += changeLine(change);
    const written = writeSync(this.#handle, lines, null, 'latin1');
    this.#unsynced = true;
    if (this.#endsAt(this.#position + lines.length)) {
      // Nobody wrote before these lines or behind them: they need not be read again.
      this.#position += lines.length;
      return changes.map((change) => apply(this.counters, change));
    }
    // Cut off by a full disk. What is there must not spoil the next line.
    if (written !== lines.length) writeSync(this.#handle, '\n');
    const counts = new Map<string, Count>();
    this.catchUp((id, count) => counts.set(id, count));
    return changes.map(({ id }) => counts.get(id));
  }

  #endsAt(position: number): boolean {
    return this.#rest === '' && !this.#ended && fstatSync(this.#handle).size === position;
  }

  end(): void {
    writeSync(this.#handle, MOVED);
    this.catchUp();
  }

  /** Reads to the end of the file, and says what became of each change. */
  catchUp(tell?: (id: string, count: Count) => void): void {
    for (;;) {
      const length = readSync(this.#handle, BLOCK, 0, BLOCK.length, this.#position);
      if (length === 0) return;
      this.#position += length;
      const lines = (this.#rest + BLOCK.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#take(line, tell);
    }
  }

  /** Best effort: what could not be synced is still in the file for every process of this machine. */
  sync(): void {
    if (this.#unsynced) fdatasync(this.#handle, () => {});
    this.#unsynced = false;
  }

  close(): void {
    closeSync(this.#handle);
  }

  #take(text: string, tell?: (id: string, count: Count) => void): void {
    const line = readLine(text);
    if (line === null || this.#ended) return;
    if (line.kind === 'moved') this.#ended = true;
    else if (line.kind === 'counter') {
      this.counters.set(line.key, line.counter);
      this.#inherited += text.length + 1;
    } else {
      const count = apply(this.counters, line.change);
      tell?.(line.change.id, count);
    }
  }
}
