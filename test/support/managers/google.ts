import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Counter } from './cut.ts';
import { type Call, type Decide, GOOGLE_CODES } from './faults.ts';
import { type Failure, fail, GoogleBook, type Request } from './google-book.ts';

/** A refusal or a pause in the place of an answer. */
export interface Fault {
  readonly code?: number;
  readonly message?: string;
  readonly delayMs?: number;
  /** How many calls it meets; default: all until it is taken away. */
  times?: number;
}

export interface Google {
  /** `host:port`. */
  readonly host: string;
  readonly env: Readonly<Record<string, string>>;
  readonly book: GoogleBook;
  readonly counter: Counter;
  /** The names of the methods that were called. */
  readonly calls: string[];
  /** By the method's name, or `*`. */
  readonly faults: Map<string, Fault>;
  /** Asks what is to become of every call, until it is told null. */
  meet(decide: Decide | null): void;
  stop(): Promise<void>;
}

const READS = /^(?:Get|Access|List)/;

type Handler = (request: Request) => unknown;

/**
 * Google Secret Manager on loopback: gRPC, made from the protos that the client package publishes, as strict as the API
 * reference says (names, states, etags, aliases, checksums, permissions).
 */
export async function startGoogle(credentials = grpc.ServerCredentials.createInsecure()): Promise<Google> {
  const book = new GoogleBook();
  const calls: string[] = [];
  const faults = new Map<string, Fault>();
  const counter = new Counter();
  const server = new grpc.Server();
  const service = serviceDefinition();
  let decide: Decide | null = null;
  async function perform(method: string, request: Request): Promise<{ error: Failure | null; result: unknown }> {
    try {
      await meet(faults, method);
      const fault = (await decide?.(callOf(method, request))) ?? null;
      if (fault === 'silent') return new Promise<never>(() => {});
      if (fault !== null && fault !== 'unheard') throw fail(GOOGLE_CODES[fault], fault);
      const handler = (book as unknown as Record<string, Handler>)[method];
      if (handler === undefined) throw fail(grpc.status.UNIMPLEMENTED, method);
      const result = handler.call(book, request);
      if (fault === 'unheard') throw fail(GOOGLE_CODES[fault], fault);
      return { error: null, result };
    } catch (error) {
      return { error: error as Failure, result: null };
    }
  }
  const handlers = Object.fromEntries(
    Object.keys(service).map((method) => [
      method,
      async (call: grpc.ServerUnaryCall<Request, unknown>, answer: grpc.sendUnaryData<unknown>) => {
        calls.push(method);
        const passage = READS.test(method) ? null : counter.next();
        if (passage?.hangsAt('before')) return;
        const { error, result } = await perform(method, call.request);
        if (passage?.hangsAt('after')) return;
        answer(error, result);
      },
    ]),
  );
  server.addService(service, handlers as grpc.UntypedServiceImplementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  const host = `127.0.0.1:${port}`;
  return {
    host,
    env: { SECRET_MANAGER_EMULATOR_HOST: host },
    book,
    calls,
    faults,
    counter,
    meet: (next) => {
      decide = next;
    },
    stop: async () => server.forceShutdown(),
  };
}

function callOf(method: string, { name, parent, secret }: Request): Call {
  const text = `${method} ${parent ?? name ?? secret.name}`;
  return { text, id: text, isWrite: !READS.test(method) };
}

async function meet(faults: Map<string, Fault>, method: string): Promise<void> {
  const fault = faults.get(method) ?? faults.get('*');
  if (fault === undefined) return;
  if (fault.times !== undefined) {
    if (fault.times === 0) return;
    fault.times -= 1;
  }
  if (fault.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
  if (fault.code !== undefined) throw fail(fault.code, fault.message ?? 'told to');
}

function serviceDefinition(): grpc.ServiceDefinition {
  const require = createRequire(import.meta.url);
  const client = require.resolve('@google-cloud/secret-manager/package.json');
  const gax = createRequire(client)
    .resolve('google-gax')
    .replace(/([\\/]build[\\/]).*$/, '$1protos');
  const folders = [join(dirname(client), 'build/protos'), gax];
  const definition = loadSync('google/cloud/secretmanager/v1/service.proto', {
    includeDirs: folders,
    longs: Number,
    enums: String,
    defaults: false,
  });
  return definition['google.cloud.secretmanager.v1.SecretManagerService'] as grpc.ServiceDefinition;
}
