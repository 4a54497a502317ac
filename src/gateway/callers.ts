import type { IncomingMessage } from 'node:http';
import { forbidden, invalid } from './refusal.ts';

/**
 * Who may speak to a gateway on this machine: programs, not web pages. A page can make a browser call 127.0.0.1, and,
 * by a name of its own that it points there (DNS rebinding), read the answers.
 */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * @param hosts further names that the gateway is called by, in lower case; null where a certificate says its name, or
 *   where only this machine's files can lead to it
 * @throws {Refusal} 403 for a request that a browser made, or that was meant for another name.
 */
export function checkCaller(request: IncomingMessage, hosts: ReadonlySet<string> | null): void {
  const { host, origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined || site !== undefined) throw forbidden('the gateway is not for web pages');
  if (host === undefined || namesTwoHosts(request.rawHeaders)) throw invalid('the request must name one host');
  if (hosts !== null && !LOOPBACK.test(host) && !hosts.has(host.toLowerCase()))
    throw forbidden('the gateway is not called by that name');
}

/** Node keeps the first of two. */
function namesTwoHosts(raw: readonly string[]): boolean {
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) if (raw[at]?.length === 4 && raw[at]?.toLowerCase() === 'host') count += 1;
  return count > 1;
}
