import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answers, Call, Decide } from './faults.ts';

export type Moment = 'before' | 'after';

/** Something between a program and a manager that counts the program's writes, and can let one of them hang for ever. */
export interface Cutter {
  readonly url: string;
  /** The writes since it was armed last. */
  readonly writes: number;
  /** Lets the write with this number hang: before it is done, or after. Resolves when it does. 0 counts only. */
  arm(write: number, moment?: Moment): Promise<void>;
  /** Asks what is to become of every call, reads too, until it is told null. */
  meet(decide: Decide | null): void;
  stop(): Promise<void>;
}

/** A proxy on loopback in front of an HTTP server. */
export async function startCutter(
  target: string,
  isWrite: (request: IncomingMessage) => boolean,
  answers: Answers,
): Promise<Cutter> {
  const counter = new Counter();
  let decide: Decide | null = null;
  // What hangs does so for ever: the client of AWS makes the same call again after a while.
  const hanging = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    const call = String(incoming.headers['amz-sdk-invocation-id'] ?? '');
    if (hanging.has(call)) return;
    const passage = isWrite(incoming) ? counter.next() : null;
    pass(incoming, outgoing, { target, passage, decide, answers }).then(
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
    meet: (next) => {
      decide = next;
    },
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

interface Way {
  readonly target: string;
  readonly passage: Passage | null;
  readonly decide: Decide | null;
  readonly answers: Answers;
}

/** @returns whether the call hangs */
async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { target, passage, decide, answers }: Way,
): Promise<boolean> {
  const sent = await bodyOf(incoming);
  if (passage?.hangsAt('before')) return true;
  const fault = (await decide?.(callOf(incoming, sent, passage !== null))) ?? null;
  if (fault === 'silent') return false;
  if (fault === 'dropped') throw new Error(fault);
  if (fault !== null && fault !== 'unheard') {
    const { status, headers, body } = answers[fault];
    outgoing.writeHead(status, headers).end(JSON.stringify(body));
    return false;
  }
  const { method, url, headers } = incoming;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const onward = request(new URL(url ?? '/', target), { method, headers }, resolve);
    onward.on('error', reject);
    onward.end(sent);
  });
  const body = await bodyOf(answer);
  if (passage?.hangsAt('after')) return true;
  if (fault === 'unheard') throw new Error(fault);
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
  return false;
}

function callOf({ method, url, headers }: IncomingMessage, body: Buffer, isWrite: boolean): Call {
  const text = `${method} ${decodeURIComponent(url ?? '')} ${headers['x-amz-target'] ?? ''} ${body}`;
  return { text, id: String(headers['amz-sdk-invocation-id'] ?? text), isWrite };
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
