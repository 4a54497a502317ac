import { parentPort } from 'node:worker_threads';
import { FileReader } from './batch.ts';
import type { Path } from './walk.ts';

/** The second thread: gets lists of paths, gives what came of them, in the same order. */
const reader = new FileReader();
let before: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (paths: readonly (string | Uint8Array)[]) => {
  const own: Path[] = paths.map((path) => (typeof path === 'string' ? path : Buffer.from(path)));
  before = before.then(async () => parentPort?.postMessage(await reader.read(own)));
});
