import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { systemCode } from '../errors.ts';
import type { TlsFiles } from './listen.ts';
import { bodyOf, newRequestId, Refusal } from './refusal.ts';

/** Slow clients keep no place: the head of a request must have come by then, all of it after the longest upload. */
const TIMES = {
  headersTimeout: 10_000,
  requestTimeout: 10 * 60_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
} as const satisfies ServerOptions;

const MOST_HEADER_BYTES = 32 * 1024;
const MOST_CONNECTIONS = 4_096;
/** Until the first request; a connection that says nothing is closed. */
const SILENT_MS = 10_000;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server that takes nothing that two readers could read in two ways (the strict parser of Node). */
export function createGatewayServer(handler: Handler, tls: TlsFiles | null): Server {
  const options: ServerOptions = {
    ...TIMES,
    maxHeaderSize: MOST_HEADER_BYTES,
    insecureHTTPParser: false,
    // Looked for where the caller is, and refused in the API's own shape.
    requireHostHeader: false,
    noDelay: true,
  };
  const server = tls === null ? createServer(options, handler) : createTlsServer({ ...options, ...tls }, handler);
  server.maxConnections = MOST_CONNECTIONS;
  server.on('clientError', refuseBroken);
  server.on('connection', (socket: Duplex & { bytesRead: number }) => {
    const timer = setTimeout(() => socket.bytesRead === 0 && socket.destroy(), SILENT_MS).unref();
    socket.on('close', () => clearTimeout(timer));
  });
  return server;
}

/** What is no HTTP is refused in the API's own shape too. */
function refuseBroken(error: Error, socket: Duplex): void {
  if (!socket.writable || systemCode(error) === 'ECONNRESET') return void socket.destroy();
  const refusal = refusalFor(systemCode(error));
  const body = bodyOf(refusal, newRequestId());
  const head = [
    `HTTP/1.1 ${refusal.status} ${REASONS[refusal.status] ?? 'Bad Request'}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

const REASONS: Readonly<Record<number, string>> = {
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

function refusalFor(code: string | undefined): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Refusal(431, 'invalid_request_error', 'the request headers are too large');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Refusal(408, 'timeout_error', 'the request did not come in time');
  return new Refusal(400, 'invalid_request_error', 'that is no HTTP request');
}
