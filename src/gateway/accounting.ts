import type { IncomingMessage } from 'node:http';
import { NOTHING } from '../limits/reservation.ts';
import type { Gate } from './admission.ts';
import { rememberBatch, settleBatch } from './batches.ts';
import { type AnyMeter, decoded } from './decoded-meter.ts';
import type { Exchange } from './exchange.ts';
import { DocumentMeter, MessageMeter, type Meter, ResultsMeter, StreamMeter, UNKNOWN } from './usage-meter.ts';

/** What is to be counted of an answer. */
export interface Account {
  /** Sees the answer pass by; null when there is nothing in it to count. */
  readonly meter: AnyMeter | null;
  /** At the end of the answer. Never fails: what cannot be corrected stays counted as it was set aside. */
  close(whole: boolean): Promise<void>;
}

/** @param target the address of the request */
export function openAccount(exchange: Exchange, answer: IncomingMessage, target: string, gate: Gate): Account {
  // The service takes no money for its errors.
  if ((answer.statusCode ?? 500) >= 300) return { meter: null, close: async () => exchange.settle(NOTHING) };
  switch (exchange.route?.meter) {
    case 'message':
      return ofMessage(exchange, answer);
    case 'batch':
      return ofBatch(exchange, answer, gate);
    case 'results':
      return ofResults(exchange, answer, target, gate);
    default:
      return { meter: null, close: async () => {} };
  }
}

function ofMessage(exchange: Exchange, answer: IncomingMessage): Account {
  const meter = read(isStream(answer) ? new StreamMeter() : new MessageMeter(), answer);
  return {
    meter,
    async close(whole) {
      const end = meter?.end(whole) ?? UNKNOWN;
      // At once where it can be: the next request of this client then finds what this one did not use.
      const metered = end instanceof Promise ? await end : end;
      if (metered.usage === null) exchange.countUnknown();
      else exchange.count(metered.usage, metered);
    },
  };
}

/** What was set aside stays, until the results are there. */
function ofBatch(exchange: Exchange, answer: IncomingMessage, { limiter, now }: Gate): Account {
  const document = new DocumentMeter();
  const meter = read(document, answer);
  return {
    meter,
    async close(whole) {
      await meter?.end(whole);
      const { bearer, asked } = exchange;
      const id = document.content?.['id'];
      if (bearer === null || asked === null || typeof id !== 'string') return;
      rememberBatch(limiter, bearer.grant, id, asked.most, now());
    },
  };
}

function ofResults(exchange: Exchange, answer: IncomingMessage, target: string, { limiter, now }: Gate): Account {
  const results = new ResultsMeter();
  const meter = read(results, answer);
  return {
    meter,
    async close(whole) {
      await meter?.end(whole);
      const { bearer } = exchange;
      if (!whole || meter === null || bearer === null) return;
      // `/v1/messages/batches/ID/results`
      const id = target.split('/')[4] ?? '';
      const first = await settleBatch(limiter, bearer.grant, id, results.total(), now()).catch(() => false);
      if (first) exchange.countMany(results.found);
    },
  };
}

function read(meter: Meter, answer: IncomingMessage): AnyMeter | null {
  return decoded(meter, answer.headers['content-encoding']?.toLowerCase());
}

/** Server-sent events. */
export function isStream(answer: IncomingMessage): boolean {
  return answer.headers['content-type']?.startsWith('text/event-stream') === true;
}
