import type { IncomingMessage, ServerResponse } from 'node:http';
import { NOTHING } from '../limits/reservation.ts';
import type { AccessLog } from './access-log.ts';
import { isStream, openAccount } from './accounting.ts';
import { type Admitted, admit, type Gate } from './admission.ts';
import { Exchange } from './exchange.ts';
import { requestHeaders, responseHeaders, unauthenticated } from './headers.ts';
import { KeyGuard } from './key-guard.ts';
import type { LiveKey, LiveKeys } from './keys.ts';
import type { Metrics } from './metrics.ts';
import { passOn } from './pass.ts';
import { Refusal, sendRefusal } from './refusal.ts';
import { Roster } from './roster.ts';
import { NotSent, type Outgoing, type Upstream } from './upstream.ts';

export interface Parts extends Gate {
  readonly keys: LiveKeys;
  readonly upstream: Upstream;
  readonly log: AccessLog;
  readonly metrics: Metrics | null;
  /** Something that the owner of the gateway should know. */
  warn(message: string, hint?: string): void;
}

/** A key is rotated while a request is under way once in a long while, and hardly twice. */
const TRIES = 3;

/** Takes requests to the service and their answers back. */
export class Relay {
  readonly #parts: Parts;
  readonly #underWay = new Roster<Exchange>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param check throws a {@link Refusal} for a caller that is none */
  async handle(request: IncomingMessage, response: ServerResponse, check: () => void): Promise<void> {
    const exchange = new Exchange(request.method ?? '');
    this.#parts.metrics?.begin();
    this.#underWay.add(exchange);
    response.sendDate = false;
    response.on('close', () => {
      if (!response.writableFinished) exchange.cancel.cancel();
    });
    try {
      check();
      await this.#serve(request, response, exchange);
    } catch (error) {
      this.#refuse(request, response, exchange, error);
    } finally {
      this.#underWay.remove(exchange);
      const line = exchange.line();
      this.#parts.log.write(line);
      this.#parts.metrics?.end(line);
    }
  }

  /** Ends what goes on for grants that have ended. */
  cutEnded(): void {
    const { grants, now } = this.#parts;
    for (const exchange of [...this.#underWay.members]) {
      if (exchange.bearer === null || grants.isOpen(exchange.bearer, now())) continue;
      exchange.cutOff = true;
      exchange.cancel.cancel();
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse, exchange: Exchange): Promise<void> {
    const admitted = await admit(request, exchange, this.#parts);
    let answer: IncomingMessage;
    let key: LiveKey;
    try {
      ({ answer, key } = await this.#ask(request, exchange, admitted));
    } finally {
      this.#parts.room.free(admitted.body?.length ?? 0);
    }
    const status = answer.statusCode ?? 502;
    if (status >= 300 && status < 400 && status !== 304) {
      answer.destroy();
      exchange.sent = false;
      throw new Refusal(502, 'api_error', 'the service answered with a redirect, which was not followed');
    }
    exchange.status = status;
    exchange.requestId = idOf(answer);
    const secret = key.secret.reveal();
    response.writeHead(status, answer.statusMessage, responseHeaders(answer.rawHeaders, secret));
    // The head of a stream goes at once, and not with the first event.
    if (isStream(answer)) response.flushHeaders();
    exchange.answered();
    const account = openAccount(exchange, answer, request.url ?? '', this.#parts);
    const ways = { cancel: exchange.cancel, guard: new KeyGuard(secret), meter: account.meter };
    await passOn(answer, response, ways, async ({ whole, leaked }) => {
      if (leaked) this.#parts.warn(`${this.#parts.upstream.host} repeats the key in its answers; one was cut off`);
      await account.close(whole);
    });
  }

  /** Asks the service; again when it rejects a key that is not the latest one. */
  async #ask(
    request: IncomingMessage,
    exchange: Exchange,
    admitted: Admitted,
  ): Promise<{ answer: IncomingMessage; key: LiveKey }> {
    const { keys, upstream } = this.#parts;
    let key = await keys.current(admitted.bearer.grant.key);
    exchange.sent = true;
    for (let left = TRIES; ; left -= 1) {
      const answer = await upstream.send(this.#outgoing(request, admitted, key), exchange.cancel);
      if (answer.statusCode !== 401 || left === 0 || admitted.streamsBody) return { answer, key };
      const fresh = await keys.refreshed(key).catch(() => null);
      if (fresh === null) {
        this.#parts.warn(`the service rejects the key ${key.name}`, `claude-keys verify ${key.name}`);
        return { answer, key };
      }
      answer.resume();
      key = fresh;
    }
  }

  #outgoing(request: IncomingMessage, { body, streamsBody, credential }: Admitted, key: LiveKey): Outgoing {
    const { host } = this.#parts.upstream;
    const declared = request.headers['content-length'];
    const size = streamsBody ? (declared === undefined ? null : Number(declared)) : bodySize(request.method, body);
    const to = { host, key: key.secret.reveal(), oauth: key.kind === 'oauth' };
    const headers = requestHeaders(request.rawHeaders, to, credential, size);
    return { method: request.method ?? '', target: request.url ?? '', headers, body: streamsBody ? request : body };
  }

  #refuse(request: IncomingMessage, response: ServerResponse, exchange: Exchange, error: unknown): void {
    const refusal = refusalOf(error, exchange);
    if (!(error instanceof Refusal)) this.#parts.warn(`a bug in the gateway: ${nameOf(error)}`);
    exchange.refusal = refusal;
    // Whoever broke off, or got no answer to what was sent, may have cost what it could have cost.
    if (exchange.sent && !(refusal instanceof NotSent)) exchange.countUnknown();
    else exchange.settle(NOTHING);
    if (response.headersSent || response.destroyed) return void response.destroy();
    exchange.status = refusal.status;
    sendRefusal(response, refusal, exchange.ownId());
    if (!request.complete) letOut(request);
    exchange.answered();
  }
}

function refusalOf(error: unknown, { cutOff }: Exchange): Refusal {
  if (cutOff) return unauthenticated('this token has been revoked');
  return error instanceof Refusal ? error : new Refusal(500, 'api_error', 'a fault of the gateway');
}

/** Null for a call that has no body at all. */
function bodySize(method: string | undefined, body: Buffer | null): number | null {
  return body?.length ?? (method === 'POST' ? 0 : null);
}

/** The service's id of the request, if it looks like one. */
function idOf(answer: IncomingMessage): string | null {
  const id = answer.headers['request-id'];
  return typeof id === 'string' && /^[\w.:-]{1,64}$/.test(id) ? id : null;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** More than any client still has on its way when it is told to stop. */
const LINGER_BYTES = 64 * 1024 * 1024;
const LINGER_MS = 10_000;

/** Reads on for a while and throws it away: a client that is cut off while it sends would not read why. */
function letOut(request: IncomingMessage): void {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => request.destroy(), LINGER_MS).unref();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.on('close', () => clearTimeout(timer)).on('error', () => {});
  request.resume();
}
