import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Moment = 'before' | 'after';

/** Something between a program and a manager that counts the program's writes, and can let one of them hang for ever. */
export interface Cutter {
  readonly url: string;
  /** The writes since it was armed last. */
  readonly writes: number;
  /** Lets the write with this number hang: before it is done, or after. Resolves when it does. 0 counts only. */
  arm(write: number, moment?: Moment): Promise<void>;
  stop(): Promise<void>;
}

/** A proxy on loopback in front of an HTTP server. */
export async function startCutter(target: string, isWrite: (request: IncomingMessage) => boolean): Promise<Cutter> {
  const counter = new Counter();
  // What hangs does so for ever: the client of AWS makes the same call again after a while.
  const hanging = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    const call = String(incoming.headers['amz-sdk-invocation-id'] ?? '');
    if (hanging.has(call)) return;
    const passage = isWrite(incoming) ? counter.next() : null;
    forward(target, incoming, outgoing, passage).then(
      (hangs) => hangs && call !== '' && hanging.add(call),
      () => outgoing.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get writes() {
      return counter.writes;
    },
    arm: (write, moment = 'before') => counter.arm(write, moment),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is to become of one write. */
export interface Passage {
  hangsAt(moment: Moment): boolean;
}

export class Counter {
  writes = 0;
  #at: { write: number; moment: Moment; reached: () => void } | null = null;

  arm(write: number, moment: Moment): Promise<void> {
    this.writes = 0;
    return new Promise((reached) => {
      this.#at = write === 0 ? null : { write, moment, reached };
    });
  }

  next(): Passage {
    this.writes += 1;
    const write = this.writes;
    return {
      hangsAt: (moment) => {
        const at = this.#at;
        if (at === null || at.write !== write || at.moment !== moment) return false;
        this.#at = null;
        at.reached();
        return true;
      },
    };
  }
}

/** @returns whether the call hangs */
async function forward(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  passage: Passage | null,
): Promise<boolean> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  if (passage?.hangsAt('before')) return true;
  const { method, url, headers } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const onward = request(new URL(url ?? '/', target), { method, headers }, resolve);
    onward.on('error', reject);
    onward.end(Buffer.concat(chunks));
  });
  const body: Buffer[] = [];
  for await (const chunk of answer) body.push(chunk as Buffer);
  if (passage?.hangsAt('after')) return true;
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(Buffer.concat(body));
  return false;
}
