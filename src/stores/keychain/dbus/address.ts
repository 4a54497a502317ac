import type { Environment } from '../../../context.ts';

/** Where the session bus may be listening. */
export interface BusAddress {
  /** Unix sockets to try in this order; one that begins with NUL is in the abstract namespace. */
  readonly sockets: readonly string[];
  /** True when an address of another kind is given too (tcp, autolaunch): whether there is a bus is then not known here. */
  readonly others: boolean;
}

/** The addresses that libsecret would try: `DBUS_SESSION_BUS_ADDRESS`, else the bus of the user's runtime folder. */
export function sessionBusAddress(env: Environment): BusAddress {
  const runtime = env['XDG_RUNTIME_DIR'];
  const runtimeBus = runtime ? `${runtime}/bus` : null;
  const given = env['DBUS_SESSION_BUS_ADDRESS'];
  if (!given) return { sockets: runtimeBus === null ? [] : [runtimeBus], others: false };
  const found = given.split(';').filter((address) => address !== '');
  const sockets = found.map((address) => socketOf(address, runtimeBus));
  return { sockets: sockets.filter((socket) => socket !== null), others: sockets.includes(null) };
}

/** The socket of one address such as `unix:path=/run/user/1000/bus,guid=…`; null for every other transport. */
function socketOf(address: string, runtimeBus: string | null): string | null {
  if (!address.startsWith('unix:')) return null;
  const pairs = new Map<string, string>();
  for (const pair of address.slice('unix:'.length).split(',')) {
    const [name = '', value = ''] = pair.split('=', 2);
    pairs.set(name, withoutEscapes(value));
  }
  const path = pairs.get('path');
  if (path) return path;
  const abstract = pairs.get('abstract');
  if (abstract) return `\0${abstract}`;
  return pairs.get('runtime') === 'yes' ? runtimeBus : null;
}

/** The specification's escapes are a URL's (`%2f`); what is not one stays as it is. */
function withoutEscapes(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
