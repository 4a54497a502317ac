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
 * @param finishing what is done when all has come, before the client is told that it has ended
 */
export function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  { cancel, guard, meter }: { cancel: Cancel; guard: KeyGuard; meter: AnyMeter | null },
  finishing: (end: End) => Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const finish = (end: End) => {
      if (over) return;
      over = true;
      // What counts is counted at once; the client need not wait until it is written down.
      const done = finishing(end);
      if (end.whole) response.end(guard.rest());
      else {
        answer.destroy();
        response.destroy();
      }
      done.then(resolve, reject);
    };
    const drained = () => answer.resume();
    answer.on('data', (chunk: Buffer) => {
      const passed = guard.pass(chunk);
      if (passed === null) return finish({ whole: false, leaked: true });
      meter?.write(chunk);
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
