import type { IncomingMessage } from 'node:http';
import { statusOf } from '../grants/grant.ts';
import type { Bearer } from '../grants/rights.ts';
import type { Limiter } from '../limits/limiter.ts';
import { NOTHING, type Reserved } from '../limits/reservation.ts';
import type { Reserver } from '../limits/reserver.ts';
import { type BodyRoom, checkDeclaredSize, readBody } from './body.ts';
import type { Exchange } from './exchange.ts';
import { type Credential, credentialOf, unauthenticated } from './headers.ts';
import { checkRights, inspectBody } from './inspect.ts';
import type { LiveGrants } from './live-grants.ts';
import { forbidden, overLimit, Refusal } from './refusal.ts';
import { routeOf } from './routes.ts';

export interface Gate {
  readonly grants: LiveGrants;
  readonly limiter: Limiter;
  readonly reserver: Reserver;
  readonly room: BodyRoom;
  now(): Date;
}

/** A request that may go on. */
export interface Admitted {
  readonly credential: Credential;
  readonly bearer: Bearer;
  /** The bytes; null for a body that is passed on as it comes, or for none. */
  readonly body: Buffer | null;
  readonly streamsBody: boolean;
}

/**
 * Everything that is checked before a request goes to the service, the cheapest first: no byte of a body is read for
 * someone who has no token.
 * @throws {Refusal} saying what is not allowed.
 */
export async function admit(request: IncomingMessage, exchange: Exchange, gate: Gate): Promise<Admitted> {
  const credential = credentialOf(request.rawHeaders);
  const looking = gate.grants.freshen();
  if (looking !== null) {
    await looking.catch(() => {
      throw unavailable();
    });
  }
  const bearer = bearerOf(credential, gate);
  exchange.bearer = bearer;
  const status = statusOf(bearer.grant, gate.now());
  if (status !== 'active') throw unauthenticated(ENDED[status]);
  const route = routeOf(request.method ?? '', request.url ?? '');
  exchange.route = route;
  const { grant } = bearer;
  if (!grant.endpoints.includes(route.endpoint)) throw forbidden(`this token does not open ${route.endpoint}`);
  if (!bearer.mayComeFrom(request.socket.remoteAddress))
    throw forbidden('this token may not be used from this address');
  checkDeclaredSize(request, route.body);
  const streamsBody = route.body === 'file';
  const body = streamsBody ? null : await readBody(request, route.body, gate.room);
  try {
    if (body !== null && (route.body === 'message' || route.body === 'batch')) {
      exchange.asked = inspectBody(body, route.body, route.endpoint === 'count_tokens');
      checkRights(exchange.asked, bearer);
    }
    await setAside(exchange, gate);
    // It may have been revoked while the body came.
    if (!gate.grants.isOpen(bearer, gate.now())) throw unauthenticated(ENDED.revoked);
  } catch (error) {
    gate.room.free(body?.length ?? 0);
    throw error;
  }
  return { credential, bearer, body: body?.length === 0 ? null : body, streamsBody };
}

const ENDED = {
  revoked: 'this token has been revoked',
  expired: 'this token has expired',
} as const;

function bearerOf({ token }: Credential, { grants }: Gate): Bearer {
  const bearer = grants.find(token);
  if (bearer === undefined) throw unauthenticated('that is no token of this gateway');
  return bearer;
}

/** Limits that cannot be asked let nothing through. */
async function setAside(exchange: Exchange, { reserver }: Gate): Promise<void> {
  const { bearer, asked } = exchange;
  if (bearer === null) return;
  let result: Reserved;
  try {
    result = await reserver.reserve(bearer.grant, asked?.most ?? NOTHING);
  } catch {
    throw unavailable();
  }
  if ('refused' in result) throw overLimit(result.refused.message, result.refused.retryAfter);
  exchange.reservation = result.reservation;
}

function unavailable(): Refusal {
  return new Refusal(503, 'api_error', 'the gateway cannot look up its grants and limits at the moment');
}
