import type { Endpoint } from '../grants/grant.ts';
import { invalid, Refusal } from './refusal.ts';

/** What stands in the body of a request: what is looked at before it is sent on. */
export type BodyKind = 'none' | 'message' | 'batch' | 'file';

/** A call of the API that the gateway knows. Everything else is not there. */
export interface Route {
  readonly endpoint: Endpoint;
  readonly method: string;
  readonly path: RegExp;
  readonly body: BodyKind;
  /** What its answer tells of use: that of one message, the name of a batch, or of its messages, a line each. */
  readonly meter: 'message' | 'batch' | 'results' | null;
}

/** As the service makes them; no dots alone, no slashes, nothing encoded. */
const ID = '[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}';

function route(
  endpoint: Endpoint,
  method: string,
  path: string,
  body: BodyKind = 'none',
  meter: Route['meter'] = null,
): Route {
  return { endpoint, method, path: new RegExp(`^${path.replaceAll('ID', ID)}$`), body, meter };
}

const ROUTES: readonly Route[] = [
  route('messages', 'POST', '/v1/messages', 'message', 'message'),
  route('count_tokens', 'POST', '/v1/messages/count_tokens', 'message'),
  route('models', 'GET', '/v1/models'),
  route('models', 'GET', '/v1/models/ID'),
  route('batches', 'POST', '/v1/messages/batches', 'batch', 'batch'),
  route('batches', 'GET', '/v1/messages/batches'),
  route('batches', 'GET', '/v1/messages/batches/ID/results', 'none', 'results'),
  route('batches', 'POST', '/v1/messages/batches/ID/cancel', 'none'),
  route('batches', 'GET', '/v1/messages/batches/ID'),
  route('batches', 'DELETE', '/v1/messages/batches/ID'),
  route('files', 'POST', '/v1/files', 'file'),
  route('files', 'GET', '/v1/files'),
  route('files', 'GET', '/v1/files/ID/content'),
  route('files', 'GET', '/v1/files/ID'),
  route('files', 'DELETE', '/v1/files/ID'),
];

const QUERY = /^[A-Za-z0-9_.~%=&+:,[\]-]{0,2000}$/;
/** A token or key, also half hidden behind percent signs. */
const SECRET = /ckg_|sk-ant-|ckg%5f|sk%2dant/i;

/**
 * The route that a request line means. The address is compared as it came: what would have to be decoded or cleaned up
 * first (`//`, `..`, `%2f`, a whole URL) is no address of the API, so that nobody reads it in two ways.
 * @throws {Refusal} 400 for an address that holds a secret, 404 for one that is not known, 405 for another method.
 */
export function routeOf(method: string, target: string): Route {
  const [path = '', ...rest] = target.split('?');
  const query = rest.join('?');
  if (SECRET.test(target)) {
    throw invalid('a token does not belong in an address, where logs keep it: send it as x-api-key; revoke that one');
  }
  const found = ROUTES.find((each) => each.method === method && each.path.test(path));
  if (found === undefined) throw notThere(path);
  if (!QUERY.test(query)) throw invalid('the query of the address holds what does not belong there');
  return found;
}

function notThere(path: string): Refusal {
  const methods = ROUTES.filter((each) => each.path.test(path)).map((each) => each.method);
  if (methods.length === 0) return new Refusal(404, 'not_found_error', 'the gateway has no such address');
  const allow = methods.join(', ');
  return new Refusal(405, 'invalid_request_error', `this address takes ${allow} only`, { allow });
}
