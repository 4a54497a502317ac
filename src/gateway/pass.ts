import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cancel } from './cancel.ts';
import type { AnyMeter } from './decoded-meter.ts';
import type { KeyGuard } from './key-guard.ts';

/** How an answer ended. */
export interface End {
  /** Every byte of it came, and the client took it. */
  readonly whole: boolean;
  /** The key was in it. */
  readonly leaked: boolean;
}

/**
 * Passes the body of an answer on, each piece as it comes, as fast as the client takes it.
 * @param finishing what is done when all has come, before anything else is looked at
 */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  { cancel, guard, meter }: { cancel: Cancel; guard: KeyGuard; meter: AnyMeter | null },
  finishing: (end: End) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    let left = sizeOf(answer);
    const finish = (end: End, last?: Buffer) => {
      if (over) return;
      over = true;
      if (end.whole) response.end(last ?? guard.rest());
      else {
        answer.destroy();
        response.destroy();
      }
      // Counted before anything else is looked at: the client's next request finds what this one did not use.
      finishing(end).then(resolve, reject);
    };
    const drained = () => answer.resume();
    answer.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      const passed = left === 0 ? guard.passLast(chunk) : guard.pass(chunk);
      if (passed === null) return finish({ whole: false, leaked: true });
      meter?.write(chunk);
      // With its last piece the answer goes out in one write.
      if (left === 0) return finish({ whole: true, leaked: false }, passed);
      if (passed.length > 0 && !response.write(passed)) {
        answer.pause();
        response.once('drain', drained);
      }
    });
    answer.on('end', () => finish({ whole: true, leaked: false }));
    answer.on('error', () => finish({ whole: false, leaked: false }));
    answer.on('close', () => finish({ whole: answer.complete, leaked: false }));
    cancel.onCancel(() => finish({ whole: false, leaked: false }));
  });
}

/** Of the body, in bytes; never 0 for one whose size is not said, however much of it has come. */
function sizeOf({ headers }: IncomingMessage): number {
  return Number(headers['content-length'] ?? Number.NaN);
}
