import { setImmediate } from 'node:timers/promises';
import { type Batch, FileReader } from './batch.ts';
import { compile } from './compiler.ts';
import { Helper } from './helper.ts';
import type { Path } from './walk.ts';

export type { Batch } from './batch.ts';

/** Files that are read before anything else gets a turn: some milliseconds. */
const AT_ONCE = 128;
/** With fewer files V8 has nothing to compile again. */
const MANY = 512;
/** Fewer are read sooner than a second thread starts. */
const WORTH_A_THREAD = 2_500;

export interface Reading {
  onBatch(batch: Batch): void;
  /** True ends the reading between two files. */
  readonly isOver: () => boolean;
  /** The files were named by the user: they may be links. */
  readonly follow?: boolean;
}

/** A buffer each, which is made once. */
const idle: FileReader[] = [];

/**
 * Looks at every file, in two threads when there are many.
 * @param folders the files of one folder after the other
 */
export async function readFiles(folders: Iterable<readonly Path[]>, reading: Reading): Promise<void> {
  const reader = idle.pop() ?? new FileReader();
  // Signals, the progress line and the other thread get their turn.
  const pause = async (part: Batch) => {
    reading.onBatch(part);
    await setImmediate();
  };
  const readHere = async (some: readonly Path[]) => pause(await reader.read(some, { ...reading, pause }));
  const lists = inLists(folders);
  const first: Path[][] = [];
  let helper: Helper | null = null;
  try {
    helper = (await isWorthAThread(first, lists, readHere)) ? await Helper.start(reading.onBatch) : null;
    for (const some of joined(first, lists)) {
      if (reading.isOver()) return;
      if (helper?.takes(some) !== true) await readHere(some);
    }
    while (helper?.isBusy && !reading.isOver()) await helper.next();
    for (const some of helper?.lost ?? []) await readHere(some);
  } finally {
    idle.push(reader);
    helper?.stop();
    await compile('usual');
  }
}

/**
 * Whether a second thread would pay, and V8 is told so. To list the files for it takes no time beside reading them, and the
 * sooner the other thread starts, the more it does.
 */
async function isWorthAThread(
  listed: Path[][],
  rest: Iterator<Path[]>,
  read: (some: readonly Path[]) => Promise<void>,
): Promise<boolean> {
  if (!areThere(MANY, listed, rest)) return false;
  await compile('late');
  if (!areThere(WORTH_A_THREAD, listed, rest)) return false;
  // What runs now keeps its budget.
  await read(listed.pop() ?? []);
  await compile('usual');
  return true;
}

/** Whether there are at least so many files: as many are listed. */
function areThere(count: number, listed: Path[][], rest: Iterator<Path[]>): boolean {
  while (listed.length * AT_ONCE < count) {
    const { done, value } = rest.next();
    if (done) return false;
    listed.push(value);
  }
  return true;
}

function* joined(first: Path[][], rest: Iterable<Path[]>): Generator<Path[]> {
  yield* first;
  yield* rest;
}

function* inLists(folders: Iterable<readonly Path[]>): Generator<Path[]> {
  let list: Path[] = [];
  for (const files of folders) {
    for (const path of files) {
      list.push(path);
      if (list.length < AT_ONCE) continue;
      yield list;
      list = [];
    }
  }
  if (list.length > 0) yield list;
}
