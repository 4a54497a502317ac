import { existsSync, lstatSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect, isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { ensurePrivateFolder } from '../files/replace.ts';

/** Where a gateway listens. */
export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: TlsFiles | null }
  | { readonly kind: 'unix'; readonly path: string };

export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface PlaceOptions {
  readonly listen: string | undefined;
  readonly unix: string | undefined;
  readonly 'tls-cert': string | undefined;
  readonly 'tls-key': string | undefined;
}

const USUAL = '127.0.0.1:8317';

/**
 * @throws {UserError} `usage` for what is no address, `refused` for one that other machines reach without TLS: the
 *   tokens and everything that is said could be read on the way.
 */
export function placeOf(ctx: Context, options: PlaceOptions): Place {
  const { listen, unix } = options;
  if (unix !== undefined) {
    if (listen !== undefined) throw usage('--listen and --unix cannot be used together', 'give one of them');
    return { kind: 'unix', path: resolve(ctx.cwd, unix) };
  }
  const [, bracketed, plain, digits = ''] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]/]+)):(\d{1,5})$/.exec(listen ?? USUAL) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  if (host === '' || port > 65_535)
    throw usage(`--listen ${quoted(listen ?? '')} is no address`, 'for example: --listen 127.0.0.1:8317');
  const tls = tlsFiles(ctx, options);
  if (tls === null && !isLoopback(host)) {
    throw new UserError(
      'refused',
      `${host} can be reached from other machines, and without TLS others can read along`,
      {
        hint: 'give --tls-cert FILE and --tls-key FILE, or listen on 127.0.0.1',
      },
    );
  }
  return { kind: 'tcp', host, port, tls };
}

/** Addresses, and the one name that every system has for them. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

function tlsFiles(ctx: Context, { 'tls-cert': cert, 'tls-key': key }: PlaceOptions): TlsFiles | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw usage('--tls-cert and --tls-key go together', 'give both');
  return { cert: read(ctx, cert, '--tls-cert'), key: read(ctx, key, '--tls-key') };
}

function read(ctx: Context, path: string, option: string): Buffer {
  try {
    return readFileSync(resolve(ctx.cwd, path));
  } catch (cause) {
    throw new UserError('usage', `${option} ${path} cannot be read`, { hint: 'give the path of a PEM file', cause });
  }
}

/**
 * Begins to listen.
 * @returns the address: `http://127.0.0.1:8317`, or the path of the socket
 * @throws {UserError} `busy` when another program listens there, `write_failed` when it cannot be listened on.
 */
export async function listenAt(server: Server, place: Place): Promise<string> {
  if (place.kind === 'unix') return listenAtSocket(server, place.path);
  await started(server, () => server.listen({ host: place.host, port: place.port }), `${place.host}:${place.port}`);
  const { port } = server.address() as AddressInfo;
  const host = place.host.includes(':') ? `[${place.host}]` : place.host;
  return `${place.tls === null ? 'http' : 'https'}://${host}:${port}`;
}

/** Nobody but its owner may speak to the socket, from its first moment on. */
async function listenAtSocket(server: Server, path: string): Promise<string> {
  if (!existsSync(dirname(path))) ensurePrivateFolder(dirname(path));
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() && !(await answers(path))) rmSync(path, { force: true });
  // The socket is made within the call.
  const closed = () => {
    const before = process.umask(0o177);
    server.listen(path);
    process.umask(before);
  };
  await started(server, closed, path);
  return path;
}

/** Whether a program listens; a socket is left behind by one that was killed. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

function started(server: Server, listen: () => void, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = systemCode(cause) ?? 'unknown error';
      const taken = code === 'EADDRINUSE';
      const message = taken ? `another program listens at ${where}` : `cannot listen at ${where} (${code})`;
      const hint = taken ? 'choose another place: --listen 127.0.0.1:PORT' : 'choose another place with --listen';
      reject(new UserError(taken ? 'busy' : 'write_failed', message, { hint, cause }));
    });
    server.once('listening', resolve);
    listen();
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}

function usage(message: string, hint: string): UserError {
  return new UserError('usage', message, { hint });
}
