import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnalyticsBook } from './analytics.ts';
import { ANSWERS, type Answer, type Fault, type RawAnswer } from './answers.ts';
import type { ConsoleBook, ConsoleRow } from './console.ts';
import { fingerprintOf, KeyBook, type StandinKey } from './keys.ts';
import type { LimitBook } from './limits.ts';
import { answerOf, credentialOf } from './service.ts';

export type { UsedOnDay } from './analytics.ts';
export { ANSWERS, type Answer, type AnswerName, apiError, type RawAnswer } from './answers.ts';
export { type ConsoleRow, CREATOR, WORKSPACE } from './console.ts';
export { DEFAULT_ORGANIZATION, type StandinKey } from './keys.ts';

/** One request that arrived. The key is told by its fingerprint; headers are without the credential. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly fingerprint: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface StandinOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** Waited before every answer. */
  readonly latencyMs?: number;
  /** Given to every request that has no answer of its own key. */
  readonly answer?: Answer;
}

/** What goes wrong with one call. */
export interface Disturbance {
  readonly answer: Answer;
  /** What the call asked for is done all the same: the answer was lost on its way back. */
  readonly applied?: boolean;
}

/** Told of every call before it is answered; `number` counts from 1. */
export type Disturb = (call: RecordedRequest & { readonly number: number }) => Disturbance | null;

/** A stand-in for the Claude API on loopback, as strict as API-FACTS.md says the service is. */
export interface Standin {
  /** `http://127.0.0.1:PORT`, for `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** The most requests that were being answered at once. */
  readonly most: number;
  /** The rows of the Console; every key of the kind `api` has one. */
  readonly console: ConsoleBook;
  /** What the organization used and what it cost. */
  readonly analytics: AnalyticsBook;
  /** What the organization allows its workspaces. */
  readonly limits: LimitBook;
  /** Registers a key (kind by its prefix, active, with credit) and gives its fingerprint. */
  addKey(secret: string, options?: Partial<StandinKey>, row?: Partial<ConsoleRow>): string;
  fingerprintOf(secret: string): string;
  /** The Console's row of a key. */
  rowOf(secret: string): ConsoleRow;
  /** Lets single calls go wrong; null: none. */
  setDisturbance(disturb: Disturb | null): void;
  /** Changes a key, named by its secret or fingerprint: switch it off, take its credit, choose its answer. */
  setKey(key: string, options: Partial<StandinKey>): void;
  /** What every request without an answer of its own key gets; null: what the service would say. */
  setAnswer(answer: Answer | null): void;
  stop(): Promise<void>;
}

export async function startStandin(options: StandinOptions = {}): Promise<Standin> {
  const keys = new KeyBook();
  const requests: RecordedRequest[] = [];
  let forEveryone: Answer | null = options.answer ?? null;
  let disturb: Disturb | null = null;

  let open = 0;
  let most = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    open += 1;
    most = Math.max(most, open);
    response.once('close', () => {
      open -= 1;
    });
    const method = request.method ?? '';
    const path = request.url ?? '';
    const raw = await readBody(request);
    const body = raw.toString('utf8');
    const secret = credentialOf(request.headers)?.secret;
    const fingerprint = secret === undefined ? null : fingerprintOf(secret);
    const recorded = { method, path, fingerprint, headers: withoutCredential(request), body };
    requests.push(recorded);
    const disturbance = disturb?.({ ...recorded, number: requests.length }) ?? null;
    const known = fingerprint === null ? undefined : keys.find(fingerprint);
    await sleep((options.latencyMs ?? 0) + (known?.latencyMs ?? 0));
    const key = fingerprint === null ? undefined : keys.find(fingerprint);
    const other = disturbance?.answer ?? key?.answer ?? forEveryone;
    // A call that is refused or lost changes nothing, unless only its answer was lost.
    const changes = method === 'POST' && path.startsWith('/v1/organizations/');
    const normal =
      changes && other && !disturbance?.applied
        ? ANSWERS.api_error
        : answerOf({ method, path, headers: request.headers, body, raw }, keys);
    await respond(response, other ?? normal, normal, key);
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get most() {
      return most;
    },
    console: keys.console,
    analytics: keys.analytics,
    limits: keys.limits,
    addKey: (secret, key, row) => keys.add(secret, key, row),
    fingerprintOf,
    rowOf: (secret) => {
      const id = keys.find(fingerprintOf(secret))?.rowId;
      const row = keys.console.rows.find((candidate) => candidate.id === id);
      if (row === undefined) throw new Error('the stand-in has no row of this key');
      return row;
    },
    setDisturbance: (next) => {
      disturb = next;
    },
    setKey: (key, change) => keys.change(key, change),
    setAnswer: (answer) => {
      forEveryone = answer;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  response: ServerResponse,
  answer: Answer,
  normal: RawAnswer,
  key: StandinKey | undefined,
): Promise<void> {
  if (typeof answer === 'string') return send(response, ANSWERS[answer], key);
  if ('status' in answer) {
    send(response, answer, key);
    return sendChunks(response, answer);
  }
  if ('redirect' in answer) return send(response, { status: 307, headers: { location: answer.redirect } }, key);
  await fail(response, answer.fault, normal);
}

function send(
  response: ServerResponse,
  { status, body = '', headers, chunks }: RawAnswer,
  key: StandinKey | undefined,
): void {
  const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 24)}`;
  const known = key?.state === 'active' ? ownHeaders(key) : {};
  // What a proxy answers in the service's place has none of its headers.
  const html = headers?.['content-type']?.startsWith('text/html');
  response.writeHead(status, html ? headers : { 'request-id': requestId, ...known, ...headers });
  if (chunks === undefined)
    response.end(typeof body === 'string' ? body : JSON.stringify(withRequestId(body, requestId)));
}

async function sendChunks(response: ServerResponse, { chunks }: RawAnswer): Promise<void> {
  if (chunks === undefined) return;
  for (const { data, afterMs } of chunks) {
    if (afterMs !== undefined) await sleep(afterMs);
    if (response.destroyed) return;
    response.write(data);
  }
  response.end();
}

function withRequestId(body: unknown, requestId: string): unknown {
  const isError = typeof body === 'object' && body !== null && 'type' in body && body.type === 'error';
  return isError ? { ...body, request_id: requestId } : body;
}

function ownHeaders(key: StandinKey): Record<string, string> {
  return {
    'anthropic-organization-id': key.organizationId,
    'anthropic-workspace-id': key.workspaceId,
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '49',
    'anthropic-ratelimit-requests-reset': '2026-12-01T00:00:00Z',
  };
}

async function fail(response: ServerResponse, fault: Fault, normal: RawAnswer): Promise<void> {
  if (fault === 'hang') return;
  if (fault === 'drop') return void response.destroy();
  const body = JSON.stringify(normal.body);
  response.writeHead(normal.status, { ...normal.headers, 'content-length': String(body.length + 1000) });
  if (fault === 'drip') {
    for (const letter of body.repeat(100)) {
      if (response.destroyed) return;
      response.write(letter);
      await sleep(50);
    }
    return;
  }
  response.write(body.slice(0, body.length / 2), () => {
    if (fault === 'truncated') response.destroy();
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function withoutCredential(request: IncomingMessage): Record<string, string> {
  const { authorization: _, 'x-api-key': __, ...rest } = request.headers;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
}
