import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { holdsSecret } from '../keys/name.ts';
import { SERVICE_URL } from './facts.ts';

/** Where a key is sent to. */
export interface Endpoint {
  /** Made anew from what was checked, never the text of the variable: what is checked is what is called. */
  readonly baseURL: string;
  /** The host, with its port, for messages. */
  readonly host: string;
}

const VARIABLE = 'ANTHROPIC_BASE_URL';
const UNSET = `unset ${VARIABLE}`;

/**
 * Where keys go: the service's own host, or what `ANTHROPIC_BASE_URL` names if that is the service itself, this machine
 * (plain http is allowed there and nowhere else) or one of `trustedHosts` in config.json.
 * @throws {UserError} `untrusted_host` for anything else; `bad_config` when config.json is needed and not right.
 */
export function resolveEndpoint(ctx: Context): Endpoint {
  const given = ctx.env[VARIABLE]?.trim();
  if (!given) return endpointOf(new URL(SERVICE_URL));
  const url = parse(given);
  if (isLoopback(url.hostname)) return endpointOf(url);
  if (url.protocol !== 'https:') {
    throw refused(`${VARIABLE} names ${shown(url)} over plain http, where a key could be read on the way`, {
      hint: `use https, or: ${UNSET}`,
    });
  }
  if (url.host === new URL(SERVICE_URL).host || trustedHosts(ctx).includes(url.host)) return endpointOf(url);
  throw refused(`${VARIABLE} names ${shown(url)}, a host that keys are not sent to`, { hint: hintFor(url) });
}

/** The URL, as `fetch` will read it: its host is in lower case, and a number in any notation is an address. */
function parse(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw refused(`${VARIABLE} is no http address`, { hint: UNSET });
  }
  // `https://api.anthropic.com@evil.example` is written to be misread, and a query would swallow the path.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused(`${VARIABLE} holds more than a host and a path`, { hint: `give it as ${SERVICE_URL}, or: ${UNSET}` });
  }
  return url;
}

/** 127.0.0.0/8, ::1 and localhost. Not 0.0.0.0 nor mapped addresses: nobody means them by a base URL. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/** Read through the same parser as the URL, so that `Gateway.example:443` and `gateway.example` are one host. */
function trustedHosts(ctx: Context): string[] {
  const hosts = readConfig(ctx).trustedHosts ?? [];
  return hosts.filter((host) => URL.canParse(`https://${host}`)).map((host) => new URL(`https://${host}`).host);
}

function endpointOf(url: URL): Endpoint {
  return { baseURL: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, host: url.host };
}

function hintFor(url: URL): string {
  // Only such a host can stand in config.json.
  if (!/^[a-z0-9.-]+(:\d+)?$/.test(url.host) || holdsSecret(url.host)) return UNSET;
  return `${UNSET}; or, if that host may have your keys: claude-keys config set trustedHosts ${url.host}`;
}

function shown(url: URL): string {
  return holdsSecret(url.host) ? 'another host' : url.host;
}

function refused(message: string, details: { hint: string }): UserError {
  return new UserError('untrusted_host', message, details);
}
