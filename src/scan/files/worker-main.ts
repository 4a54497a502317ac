import { parentPort } from 'node:worker_threads';
import { type Batch, FileReader } from './batch.ts';
import type { Path } from './walk.ts';

/** What comes of a list of paths, in one piece or in several. */
export interface Answer {
  readonly batch: Batch;
  readonly isLast: boolean;
}

/** The second thread: gets lists of paths, gives what came of them, in the same order. */
const reader = new FileReader();
const answer = (batch: Batch, isLast: boolean) => parentPort?.postMessage({ batch, isLast } satisfies Answer);
const pause = async (part: Batch) => answer(part, false);
let before: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (paths: readonly (string | Uint8Array)[]) => {
  const own: Path[] = paths.map((path) => (typeof path === 'string' ? path : Buffer.from(path)));
  before = before.then(async () => answer(await reader.read(own, { pause }), true));
});
