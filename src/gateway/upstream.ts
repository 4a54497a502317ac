import {
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  request as requestPlain,
} from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { systemCode } from '../errors.ts';
import type { Cancel } from './cancel.ts';
import { Refusal } from './refusal.ts';

/** A request on its way to the service. */
export interface Outgoing {
  readonly method: string;
  /** The path and query as they came. */
  readonly target: string;
  readonly headers: readonly string[];
  /** The bytes, or the client's own request for what is too large to be kept. */
  readonly body: Buffer | IncomingMessage | null;
}

/** Connections of before are used again; how long the service keeps them open, it says itself. */
const AGENT_OPTIONS = {
  keepAlive: true,
  maxSockets: Number.POSITIVE_INFINITY,
  maxFreeSockets: 256,
  scheduling: 'lifo',
} as const;

/** The service, or what stands for it. A redirect is an answer like any other: the key is for this one host. */
export class Upstream {
  readonly host: string;
  readonly #prefix: string;
  readonly #send: typeof requestPlain;
  /** The same for every request. */
  readonly #to: { readonly hostname: string; readonly port: string; readonly agent: Agent };

  constructor(baseURL: string) {
    const { protocol, host, hostname, port, pathname } = new URL(baseURL);
    const tls = protocol === 'https:';
    this.host = host;
    this.#prefix = pathname.replace(/\/$/, '');
    this.#send = tls ? requestTls : requestPlain;
    const agent = tls ? new TlsAgent(AGENT_OPTIONS) : new PlainAgent(AGENT_OPTIONS);
    this.#to = { hostname: hostname.replace(/^\[|\]$/g, ''), port, agent: forOneHost(agent) };
  }

  /**
   * Sends a request.
   * @throws {Refusal} 502 when no answer comes.
   */
  async send(outgoing: Outgoing, cancel: Cancel): Promise<IncomingMessage> {
    const first = this.#start(outgoing, cancel);
    try {
      return await first.answer;
    } catch (error) {
      // A connection that was kept open and is closed at that moment: the service has not seen the request.
      const unseen = first.request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(systemCode(error) ?? '');
      const again = unseen && !cancel.cancelled && (outgoing.body === null || Buffer.isBuffer(outgoing.body));
      if (!again) throw toRefusal(error);
    }
    return await this.#start(outgoing, cancel).answer.catch((error: unknown) => {
      throw toRefusal(error);
    });
  }

  close(): void {
    this.#to.agent.destroy();
  }

  #start(
    { method, target, headers, body }: Outgoing,
    cancel: Cancel,
  ): { request: ClientRequest; answer: Promise<IncomingMessage> } {
    const { hostname, port, agent } = this.#to;
    const request = this.#send({ hostname, port, agent, method, path: `${this.#prefix}${target}`, headers });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve).on('error', reject);
    });
    cancel.onCancel(() => request.destroy());
    if (body === null || Buffer.isBuffer(body)) request.end(body ?? undefined);
    else body.pipe(request);
    return { request, answer };
  }
}

/** Connections are told apart by where they lead: a name that is put together again for each use of one. */
function forOneHost<T extends Agent>(agent: T): T {
  agent.getName = () => 'service';
  return agent;
}

/** No answer, and the service has not seen the request either. */
export class NotSent extends Refusal {}

const BEFORE_SENDING =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|.*CERT.*|ERR_SSL.*|ERR_TLS.*|SELF_SIGNED.*)$/;

/** Made from the system's code alone: the text of an error may hold anything. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = systemCode(error);
  const known = code !== undefined && /^[A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : '';
  const message = `the gateway got no answer from the service${known}`;
  return BEFORE_SENDING.test(code ?? '')
    ? new NotSent(502, 'api_error', message)
    : new Refusal(502, 'api_error', message);
}
