import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Batch } from './batch.ts';
import { compile } from './compiler.ts';
import type { Path } from './walk.ts';
import type { Answer } from './worker-main.ts';

/** Made by the build beside the program's own files. */
const SCRIPT = join(__dirname, 'scan-worker.js');
/** One that it works at and some that wait, so that it is never idle. */
const MOST_GIVEN = 3;
const LOOK_UP_MS = 100;

/** A second thread that reads files. */
export class Helper {
  readonly #worker: Worker;
  readonly #given: (readonly Path[])[] = [];
  #failed = false;
  #wake: () => void = () => {};

  private constructor(worker: Worker, onBatch: (batch: Batch) => void) {
    this.#worker = worker;
    worker.on('message', ({ batch, isLast }: Answer) => {
      if (isLast) this.#given.shift();
      onBatch(withBuffers(batch));
      this.#wake();
    });
    worker.on('online', () => compile('late'));
    worker.on('error', () => {
      this.#failed = true;
      this.#wake();
    });
  }

  /** Null where there is no script for it: in the tests of the sources. */
  static async start(onBatch: (batch: Batch) => void): Promise<Helper | null> {
    if (!existsSync(SCRIPT)) return null;
    const { Worker } = await import('node:worker_threads');
    // No part of the environment, which may hold keys.
    return new Helper(new Worker(SCRIPT, { env: {}, argv: [], trackUnmanagedFds: false }), onBatch);
  }

  /** False when it has enough to do. */
  takes(paths: readonly Path[]): boolean {
    if (this.#failed || this.#given.length >= MOST_GIVEN) return false;
    this.#given.push(paths);
    this.#worker.postMessage(paths);
    return true;
  }

  /** Waits for the next batch that comes back, but not for long: it may be time to end. */
  async next(): Promise<void> {
    if (this.#given.length === 0 || this.#failed) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, LOOK_UP_MS);
    });
    clearTimeout(timer);
  }

  /** What was given and did not come back, because the thread ended: it must be read again. */
  get lost(): readonly (readonly Path[])[] {
    return this.#failed ? this.#given : [];
  }

  get isBusy(): boolean {
    return this.#given.length > 0 && !this.#failed;
  }

  /** Nothing need wait for the thread to end. */
  stop(): void {
    this.#worker.removeAllListeners('online');
    this.#worker.terminate();
  }
}

/** A buffer comes from the other thread as plain bytes. */
function withBuffers(batch: Batch): Batch {
  const asPath = (path: Path | Uint8Array): Path => (typeof path === 'string' ? path : Buffer.from(path));
  return {
    ...batch,
    found: batch.found.map((each) => ({ ...each, path: asPath(each.path) })),
    skipped: batch.skipped.map((each) => ({ ...each, path: asPath(each.path) })),
  };
}
