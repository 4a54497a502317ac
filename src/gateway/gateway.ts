import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { resolveEndpoint } from '../anthropic/endpoint.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openGrants } from '../grants/store.ts';
import { openLimits } from '../limits/open.ts';
import { Reserver } from '../limits/reserver.ts';
import { AccessLog } from './access-log.ts';
import { BodyRoom } from './body.ts';
import { checkCaller } from './callers.ts';
import { leaveNothingInDumps } from './dumps.ts';
import { LiveKeys } from './keys.ts';
import { listenAt, type Place } from './listen.ts';
import { LiveGrants, type OwnToken } from './live-grants.ts';
import type { Metrics } from './metrics.ts';
import { Relay } from './relay.ts';
import { createGatewayServer } from './server.ts';
import { Upstream } from './upstream.ts';

export interface GatewayOptions {
  readonly place: Place;
  /** The address of Redis; undefined for files of this machine. */
  readonly redis?: string | undefined;
  readonly metrics?: boolean;
  /** Names beside those of this machine that the gateway is called by. */
  readonly hosts?: readonly string[];
  readonly own?: OwnToken;
  /** False: no token but the own one opens it. */
  readonly strangers?: boolean;
}

export interface Gateway {
  /** `http://127.0.0.1:8317`, or the path of a socket. */
  readonly address: string;
  /** How many grants there are, those that have ended too. */
  readonly grants: number;
  /** Ends it: lets requests under way end within `graceMs`, then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/** A complaint is not repeated for so long: each of a thousand requests may have the same. */
const WARN_AGAIN_MS = 60_000;

/**
 * Starts a gateway.
 * @throws {UserError} when it cannot listen, or its grants, limits or endpoint cannot be used.
 */
export async function startGateway(ctx: Context, options: GatewayOptions): Promise<Gateway> {
  leaveNothingInDumps(ctx);
  const upstream = new Upstream(resolveEndpoint(ctx).baseURL);
  const store = await openGrants(ctx, options.redis);
  const limits = await openLimits(ctx, options.redis);
  const log = new AccessLog(ctx);
  const keys = new LiveKeys(ctx);
  const metrics = options.metrics ? (await import('./metrics.ts')).openMetrics() : null;
  const grants = new LiveGrants(store, options, () => relay.cutEnded());
  const warn = limitedWarnings(ctx);
  const parts = {
    grants,
    limiter: limits.limiter,
    reserver: new Reserver(limits.limiter, ctx.now),
    room: new BodyRoom(),
    now: ctx.now,
    keys,
    upstream,
    log,
    metrics,
    warn,
  };
  const relay: Relay = new Relay(parts);
  const handler = handlerOf(relay, options, metrics);
  const server = createGatewayServer(handler, options.place.kind === 'tcp' ? options.place.tls : null);
  const closeParts = async () => {
    parts.room.close();
    grants.close();
    keys.close();
    upstream.close();
    log.flush();
    await Promise.all([store.close(), limits.close()]);
  };
  try {
    await grants.open();
    const address = await listenAt(server, options.place);
    refuseLoop(address, upstream);
    return {
      address,
      grants: grants.count,
      async close(graceMs = 0) {
        await closeServer(server, graceMs);
        await closeParts();
      },
    };
  } catch (error) {
    server.close();
    await closeParts();
    throw error;
  }
}

function handlerOf(relay: Relay, { place, hosts = [] }: GatewayOptions, metrics: Metrics | null) {
  // By TLS the client makes sure of the name, and a path is no name.
  const checked = place.kind === 'tcp' && place.tls === null;
  const names = checked ? new Set(hosts.map((host) => host.toLowerCase())) : null;
  return (request: IncomingMessage, response: ServerResponse): void => {
    const check = () => checkCaller(request, names);
    if (metrics !== null && request.url === '/metrics' && request.method === 'GET') {
      void sendMetrics(metrics, request, response, check);
    } else void relay.handle(request, response, check);
  };
}

/** For programs of this machine: what a grant is called and what it costs is not for everyone who reaches the port. */
async function sendMetrics(
  metrics: Metrics,
  request: IncomingMessage,
  response: ServerResponse,
  check: () => void,
): Promise<void> {
  try {
    check();
    const { remoteAddress } = request.socket;
    if (remoteAddress !== undefined && !/^(?:::ffff:)?127\.|^::1$/.test(remoteAddress))
      throw new Error('not from here');
    const text = await metrics.text();
    response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
  } catch {
    response.writeHead(403).end();
  }
}

/** A gateway that asks itself would ask for ever. */
function refuseLoop(address: string, upstream: Upstream): void {
  if (!URL.canParse(address) || new URL(address).host !== upstream.host) return;
  throw new UserError('usage', `ANTHROPIC_BASE_URL names this gateway itself, ${address}`, {
    hint: 'unset ANTHROPIC_BASE_URL',
  });
}

function closeServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function limitedWarnings({ ui }: Context): (message: string, hint?: string) => void {
  const told = new Map<string, number>();
  return (message, hint) => {
    const now = performance.now();
    if (now - (told.get(message) ?? Number.NEGATIVE_INFINITY) < WARN_AGAIN_MS) return;
    told.set(message, now);
    ui.warn(message, hint);
  };
}
