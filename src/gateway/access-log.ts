import { appendFileSync, createReadStream, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from '../context.ts';
import { withLock } from '../files/lock.ts';
import { ensurePrivateFolder } from '../files/replace.ts';
import { AccessLine } from './access-line.ts';

const FLUSH_MS = 250;
/** A burst is written before it takes much memory; a line has some hundred letters. */
const FLUSH_BYTES = 256 * 1024;
const MOST_BYTES_PER_LETTER = 3;
const MOST_BYTES = 32 * 1024 * 1024;
/** Beside the current file; the oldest goes first. */
const KEPT_FILES = 16;

/**
 * Writes the access log, a few times a second: a gateway that is killed loses the lines of the last quarter second.
 * Several gateways may write into it, since whole lines are appended in one write.
 */
export class AccessLog {
  readonly #file: string;
  readonly #warn: (message: string) => void;
  /** Lines that are not written yet, as bytes: as texts they would be moved about by the collector of garbage. */
  readonly #waiting = Buffer.allocUnsafe(FLUSH_BYTES);
  #size = 0;
  #timer: NodeJS.Timeout | undefined;
  #rotating = false;
  #warned = false;

  constructor(ctx: Context) {
    this.#file = ctx.paths.accessLogFile;
    this.#warn = (message) => ctx.ui.warn(message);
    ensurePrivateFolder(dirname(this.#file));
  }

  write(line: AccessLine): void {
    const text = `${JSON.stringify(line)}\n`;
    if (this.#size + text.length * MOST_BYTES_PER_LETTER > FLUSH_BYTES) this.flush();
    this.#size += this.#waiting.write(text, this.#size);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  /** A log that cannot be written is told of once, and does not stop the requests. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#size === 0) return;
    const bytes = this.#waiting.subarray(0, this.#size);
    this.#size = 0;
    try {
      appendFileSync(this.#file, bytes, { mode: 0o600 });
      this.#warned = false;
      if (statSync(this.#file).size > MOST_BYTES) void this.#rotate();
    } catch {
      if (!this.#warned) this.#warn(`the access log ${this.#file} cannot be written`);
      this.#warned = true;
    }
  }

  async #rotate(): Promise<void> {
    if (this.#rotating) return;
    this.#rotating = true;
    try {
      await withLock(this.#file, () => {
        if (statSync(this.#file).size <= MOST_BYTES) return;
        const older = olderFiles(this.#file);
        for (const file of older.slice(0, Math.max(0, older.length - KEPT_FILES + 1))) rmSync(file, { force: true });
        renameSync(this.#file, `${this.#file}.${numberOf(older.at(-1) ?? '') + 1}`);
      });
    } catch {
      // Tried again after the next lines.
    } finally {
      this.#rotating = false;
    }
  }
}

/**
 * The lines of the access log, oldest first. What is no line of it (cut off by a power failure) is passed over.
 * @param since lines before this moment are left out
 */
export async function* readAccessLog(ctx: Context, since: Date | null = null): AsyncGenerator<AccessLine> {
  const file = ctx.paths.accessLogFile;
  const from = since?.toISOString() ?? '';
  for (const each of [...olderFiles(file), file]) {
    // The last line of a file is as old as the file.
    const time = statSync(each, { throwIfNoEntry: false })?.mtime;
    if (time === undefined || (since !== null && time < since)) continue;
    for await (const text of createInterface({ input: createReadStream(each), crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parse(text);
      if (line !== null && line.time >= from) yield line;
    }
  }
}

function parse(text: string): AccessLine | null {
  try {
    const value: unknown = JSON.parse(text);
    return AccessLine(value, []) ? value : null;
  } catch {
    return null;
  }
}

/** `gateway.jsonl.1`, `gateway.jsonl.2`, …: the highest is the latest. */
function olderFiles(file: string): string[] {
  const folder = dirname(file);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`${basename(file)}.`) && /^\d+$/.test(name.slice(basename(file).length + 1)))
    .map((name) => join(folder, name))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

function numberOf(file: string): number {
  return Number(/\.(\d+)$/.exec(file)?.[1] ?? 0);
}
