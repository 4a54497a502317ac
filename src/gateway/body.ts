import type { IncomingMessage } from 'node:http';
import { invalid, Refusal } from './refusal.ts';
import { type Member, NOWHERE, Roster } from './roster.ts';
import type { BodyKind } from './routes.ts';

const MIB = 1024 * 1024;

/** The service's own limits: larger ones it refuses too. */
export const MOST_BYTES: Readonly<Record<BodyKind, number>> = {
  none: 1024,
  message: 32 * MIB,
  batch: 256 * MIB,
  file: 500 * MIB,
};

/** All bodies that are being read or sent at one time: more would be the memory of this machine. */
const MOST_AT_ONCE = 1024 * MIB;
/** A client that sends nothing for so long has gone, or wants to keep the place taken. */
const IDLE_MS = 30_000;

/** A body that is being read. */
interface Expected extends Member {
  since: number;
  late(): void;
}

/** The memory that bodies take, and an eye on those that do not come: a timer for each would cost more than reading it. */
export class BodyRoom {
  #taken = 0;
  readonly #expected = new Roster<Expected>();
  readonly #timer = setInterval(() => this.#sweep(), 1_000).unref();

  /** Calls its `late` when it is not heard of for a while. */
  expect(late: () => void): Expected {
    const expected = { late, since: performance.now(), place: NOWHERE };
    this.#expected.add(expected);
    return expected;
  }

  forget(expected: Expected): void {
    this.#expected.remove(expected);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #sweep(): void {
    const now = performance.now();
    for (const { since, late } of [...this.#expected.members]) if (now - since > IDLE_MS) late();
  }

  take(bytes: number): void {
    if (this.#taken + bytes > MOST_AT_ONCE) {
      throw new Refusal(529, 'overloaded_error', 'the gateway has too much to send at the moment', {
        'retry-after': '2',
      });
    }
    this.#taken += bytes;
  }

  free(bytes: number): void {
    this.#taken -= bytes;
  }
}

/** @throws {Refusal} 413 when the request says of itself that it is too large, 400 for a body where none belongs. */
export function checkDeclaredSize(request: IncomingMessage, kind: BodyKind): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > MOST_BYTES[kind]) throw tooLarge();
  if (request.headers['content-encoding'] !== undefined && kind !== 'none' && kind !== 'file') {
    throw invalid('content-encoding: the gateway reads request bodies, and reads them uncompressed only');
  }
  const sendsBody = declared > 0 || request.headers['transfer-encoding'] !== undefined;
  if (sendsBody && kind === 'none' && request.method !== 'POST') throw invalid('this call takes no request body');
}

/**
 * The whole body. Its room is the caller's to free.
 * @throws {Refusal} 413 when it is too large, 408 when nothing comes for a while, 400 when it ends before its end.
 */
export function readBody(request: IncomingMessage, kind: BodyKind, room: BodyRoom): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const expected = room.expect(() => fail(new Refusal(408, 'timeout_error', 'the request body did not come')));
    const fail = (refusal: Error) => {
      room.forget(expected);
      request.off('data', take).off('end', finish).off('close', cutOff);
      room.free(size);
      reject(refusal);
    };
    const take = (chunk: Buffer) => {
      try {
        if (size + chunk.length > MOST_BYTES[kind]) throw tooLarge();
        room.take(chunk.length);
      } catch (error) {
        return fail(error as Error);
      }
      size += chunk.length;
      chunks.push(chunk);
      expected.since = performance.now();
    };
    const finish = () => {
      room.forget(expected);
      request.off('close', cutOff);
      const [first] = chunks;
      resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks));
    };
    const cutOff = () => fail(invalid('the request ended before its body did'));
    request.on('data', take).on('end', finish).on('close', cutOff);
  });
}

function tooLarge(): Refusal {
  return new Refusal(413, 'request_too_large', 'the request is larger than the service takes');
}
