import { type IncomingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { Context } from '../../src/context.ts';
import type { AccessLine } from '../../src/gateway/access-line.ts';
import { readAccessLog } from '../../src/gateway/access-log.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { addGrant, newGrant } from '../../src/grants/granting.ts';
import type { Rights } from '../../src/grants/options.ts';
import { openGrants } from '../../src/grants/store.ts';
import { hashOf, makeToken } from '../../src/grants/token.ts';
import { storeKey } from './entries.ts';
import { TestMachine } from './host.ts';
import { type Standin, type StandinOptions, startStandin } from './standin/index.ts';

export const EVERYTHING: Rights = {
  models: null,
  maxTokens: null,
  rpm: null,
  tokensPerDay: null,
  budget: null,
  expiresAt: null,
  endpoints: ['messages', 'count_tokens', 'models', 'batches', 'files'],
  cidr: null,
};

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly token?: string;
}

/** The smallest message there is. */
export const HELLO = { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };

/** A machine with a key, the stand-in for the service, and a gateway between them, in this process. */
export class GatewayScene {
  readonly machine: TestMachine;
  readonly ctx: Context & { stderr: { text: string } };
  readonly api: Standin;
  readonly gateway: Gateway;
  readonly secret: string;
  /** The token of a grant that was there at the start. */
  readonly token: string;

  private constructor(
    machine: TestMachine,
    ctx: GatewayScene['ctx'],
    api: Standin,
    gateway: Gateway,
    secret: string,
    token: string,
  ) {
    this.machine = machine;
    this.ctx = ctx;
    this.api = api;
    this.gateway = gateway;
    this.secret = secret;
    this.token = token;
  }

  /** @param rights of the first grant */
  static async start(
    rights: Partial<Rights> = {},
    { standin, upstream, ...options }: Partial<GatewayOptions> & { standin?: StandinOptions; upstream?: string } = {},
  ): Promise<GatewayScene> {
    const machine = new TestMachine();
    const api = await startStandin(standin);
    const secret = await storeKey(machine, 'production');
    api.addKey(secret);
    const env = { ANTHROPIC_BASE_URL: upstream ?? api.url };
    const ctx = { ...machine.context({ env }), now: () => new Date() };
    const place = { kind: 'tcp', host: '127.0.0.1', port: 0, tls: null } as const;
    const token = await storeGrant(ctx, rights);
    const gateway = await startGateway(ctx, { place, ...options });
    onTestFinished(async () => {
      await gateway.close();
      await api.stop();
    });
    return new GatewayScene(machine, ctx, api, gateway, secret, token);
  }

  get url(): string {
    return this.gateway.address;
  }

  /** Stores another grant, and waits until the gateway knows it. */
  async grant(rights: Partial<Rights> = {}): Promise<string> {
    const token = await storeGrant(this.ctx, rights);
    await until(async () => (await this.ask({ method: 'GET', path: '/v1/none', token })).status === 404);
    return token;
  }

  ask(asked: Asked): Promise<Answered> {
    return ask(this.url, asked);
  }

  /** The lines of the access log that are about grants, as soon as there are so many. */
  async log(count: number): Promise<AccessLine[]> {
    const lines: AccessLine[] = [];
    await until(async () => {
      lines.length = 0;
      for await (const line of readAccessLog(this.ctx)) if (line.endpoint !== null) lines.push(line);
      return lines.length >= count;
    });
    return lines;
  }
}

async function storeGrant(ctx: Context, rights: Partial<Rights>): Promise<string> {
  const token = makeToken().reveal();
  const label = `grant-${token.slice(4, 12)}`;
  const store = await openGrants(ctx, undefined);
  await addGrant(ctx, store, newGrant(ctx, label, 'production', hashOf(token), { ...EVERYTHING, ...rights }));
  return token;
}

/** One request, by Node's own client and nothing between. */
export function ask(
  url: string,
  { method = 'POST', path = '/v1/messages', headers, body, token }: Asked,
): Promise<Answered> {
  const sent = body === undefined && method === 'POST' ? HELLO : body;
  const bytes =
    sent === undefined ? undefined : typeof sent === 'string' || Buffer.isBuffer(sent) ? sent : JSON.stringify(sent);
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        headers: {
          ...(token !== undefined && { 'x-api-key': token }),
          'anthropic-version': '2023-06-01',
          ...(bytes !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => {
          const all = Buffer.concat(chunks);
          const { statusCode: status = 0, rawHeaders } = response;
          resolve({ status, headers: response.headers, rawHeaders, body: all, json: parse(all) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(bytes);
  });
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
}

/** Waits for something to become true, 10 s at most. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const begun = Date.now(); Date.now() - begun < 10_000; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not become true: ${holds}`);
}
