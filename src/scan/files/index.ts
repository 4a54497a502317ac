import { setImmediate } from 'node:timers/promises';
import { type Batch, FileReader } from './batch.ts';
import { Helper } from './helper.ts';
import type { Path } from './walk.ts';

export type { Batch } from './batch.ts';

/** Files that are read before anything else gets a turn: some milliseconds. */
const AT_ONCE = 64;
/** Fewer are read sooner than a second thread starts. */
const WORTH_A_THREAD = 1_000;

export interface Reading {
  onBatch(batch: Batch): void;
  /** True ends the reading between two files. */
  readonly isOver: () => boolean;
  /** The files were named by the user: they may be links. */
  readonly follow?: boolean;
}

/** Looks at every file, in two threads when there are many. */
export async function readFiles(paths: Iterable<Path>, reading: Reading): Promise<void> {
  const reader = new FileReader();
  // Signals, the progress line and the other thread get their turn.
  const pause = async (part: Batch) => {
    reading.onBatch(part);
    await setImmediate();
  };
  const readHere = async (some: readonly Path[]) => pause(await reader.read(some, { ...reading, pause }));
  let helper: Helper | null = null;
  let count = 0;
  try {
    for (const some of inLists(paths)) {
      if (reading.isOver()) return;
      count += some.length;
      if (helper === null && count > WORTH_A_THREAD) helper = await Helper.start(reading.onBatch);
      if (helper?.takes(some) !== true) await readHere(some);
    }
    while (helper?.isBusy && !reading.isOver()) await helper.next();
    for (const some of helper?.lost ?? []) await readHere(some);
  } finally {
    await helper?.stop();
  }
}

function* inLists(paths: Iterable<Path>): Generator<Path[]> {
  let list: Path[] = [];
  for (const path of paths) {
    list.push(path);
    if (list.length < AT_ONCE) continue;
    yield list;
    list = [];
  }
  if (list.length > 0) yield list;
}
