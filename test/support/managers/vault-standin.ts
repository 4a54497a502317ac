import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

interface Version {
  data: Readonly<Record<string, unknown>> | null;
  readonly createdAt: string;
  destroyed: boolean;
}

interface Kept {
  readonly versions: Version[];
  notes: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ROLE = { roleId: 'role-of-the-test', secretId: 'secret-id-of-the-test', jwt: 'jwt.of.the-test' };

/**
 * A stand-in for Vault on loopback, as strict as its API documentation: version 2 of the key/value engine at `secret/`
 * and version 1 at `kv1/`, AppRole, JWT, `sys/health`; and what goes wrong with it.
 */
export class VaultStandin {
  readonly secrets = new Map<string, Kept>();
  readonly calls: string[] = [];
  token = 'token-of-the-test';
  sealed = false;
  /** Where the active node is, when this one is a standby. */
  active: string | null = null;
  namespace: string | null = null;
  /** `read secret/data/x`: the capability and the path that the token's policy lacks. */
  readonly denied = new Set<string>();
  /** How many answers are 429 before it takes one. */
  throttled = 0;

  answer(request: IncomingMessage, body: string): Answer {
    const path = decodeURIComponent((request.url ?? '').replace(/^\/v1\//, '').replace(/\?.*$/, ''));
    this.calls.push(`${request.method} ${path}`);
    if (path === 'sys/health') return this.#health();
    if (this.sealed) return errors(503, 'Vault is sealed');
    if (this.active !== null) return { status: 307, headers: { location: `${this.active}${request.url}` } };
    if (this.throttled > 0) {
      this.throttled -= 1;
      return errors(429, 'request path "secret": rate limit quota exceeded');
    }
    if ((request.headers['x-vault-namespace'] ?? null) !== this.namespace) return errors(403, 'permission denied');
    if (request.headers['x-vault-request'] !== 'true') return errors(400, 'missing header');
    const login = /^auth\/(approle|jwt|kubernetes)\/login$/.exec(path);
    if (login) return this.#login(login[1] ?? '', JSON.parse(body));
    if (request.headers['x-vault-token'] !== this.token) return errors(403, 'permission denied');
    if (path === 'auth/token/lookup-self') return { status: 200, body: { data: { ttl: 60 } } };
    const mounts = /^sys\/internal\/ui\/mounts\/(secret|kv1)\//.exec(path);
    if (mounts) return mountOf(mounts[1] ?? '');
    if (path.startsWith('sys/')) return errors(403, 'permission denied');
    return this.#kv(request.method ?? '', path, new URL(request.url ?? '', 'http://x').searchParams, body);
  }

  #health(): Answer {
    const status = this.sealed ? 503 : this.active === null ? 200 : 429;
    return { status, body: { initialized: true, sealed: this.sealed, standby: this.active !== null } };
  }

  #login(method: string, body: Readonly<Record<string, string>>): Answer {
    const right =
      method === 'approle'
        ? body['role_id'] === ROLE.roleId && body['secret_id'] === ROLE.secretId
        : body['role'] === 'app' && body['jwt'] === ROLE.jwt;
    if (!right) return errors(400, 'invalid role or secret ID');
    return { status: 200, body: { data: null, auth: { client_token: this.token, lease_duration: 1200 } } };
  }

  #kv(method: string, path: string, query: URLSearchParams, body: string): Answer {
    const capability = method === 'GET' ? 'read' : method === 'DELETE' ? 'delete' : 'update';
    if (this.denied.has(`${capability} ${path}`)) return errors(403, '1 error occurred:\n\t* permission denied\n\n');
    const [mount = '', part = '', ...rest] = path.split('/');
    if (mount === 'kv1') return this.#version1(method, path, body);
    const kept = this.secrets.get(rest.join('/'));
    switch (`${method} ${part}`) {
      case 'GET data':
        return read(kept, Number(query.get('version') ?? 0));
      case 'POST data':
        return this.#write(rest.join('/'), kept, JSON.parse(body));
      case 'DELETE data': {
        const latest = kept?.versions.at(-1);
        if (latest) latest.data = null;
        return { status: 204 };
      }
      case 'POST delete':
        for (const number of JSON.parse(body).versions) {
          const version = kept?.versions[number - 1];
          if (version) version.data = null;
        }
        return { status: 204 };
      case 'GET metadata':
        return kept === undefined ? errors(404) : { status: 200, body: { data: { custom_metadata: kept.notes } } };
      case 'POST metadata': {
        const { custom_metadata: notes } = JSON.parse(body);
        for (const value of Object.values(notes))
          if (typeof value !== 'string' || value.length > 512) return errors(400);
        if (kept) kept.notes = notes;
        else this.secrets.set(rest.join('/'), { versions: [], notes });
        return { status: 204 };
      }
      default:
        return errors(404);
    }
  }

  #write(
    name: string,
    kept: Kept | undefined,
    { data, options }: { data: object; options?: { cas?: number } },
  ): Answer {
    const now = kept?.versions.length ?? 0;
    if (options?.cas !== undefined && options.cas !== now) {
      return errors(400, 'check-and-set parameter did not match the current version');
    }
    const version = { data: { ...data }, createdAt: new Date().toISOString(), destroyed: false };
    if (kept === undefined) this.secrets.set(name, { versions: [version], notes: {} });
    else kept.versions.push(version);
    return { status: 200, body: { data: metadataOf(version, now + 1) } };
  }

  #version1(method: string, path: string, body: string): Answer {
    const kept = this.secrets.get(path);
    if (method === 'GET')
      return kept?.versions[0] ? { status: 200, body: { data: kept.versions[0].data } } : errors(404);
    if (method === 'DELETE') this.secrets.delete(path);
    else if (JSON.parse(body).options !== undefined) return errors(400, 'that is a call of version 2');
    else this.secrets.set(path, { versions: [{ data: JSON.parse(body), createdAt: '', destroyed: false }], notes: {} });
    return { status: 204 };
  }
}

function mountOf(mount: string): Answer {
  const version = mount === 'secret' ? { options: { version: '2' } } : { options: null };
  return { status: 200, body: { data: { type: 'kv', path: `${mount}/`, ...version } } };
}

function read(kept: Kept | undefined, asked: number): Answer {
  const number = asked || (kept?.versions.length ?? 0);
  const version = kept?.versions[number - 1];
  if (version === undefined) return errors(404);
  const data = { data: version.data, metadata: metadataOf(version, number) };
  return { status: version.data === null ? 404 : 200, body: { data } };
}

function metadataOf({ data, createdAt, destroyed }: Version, version: number) {
  return { version, created_time: createdAt, deletion_time: data === null ? createdAt : '', destroyed };
}

function errors(status: number, ...messages: string[]): Answer {
  return { status, body: { errors: messages } };
}

export interface RunningStandin {
  readonly vault: VaultStandin;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** @param tls a certificate and its key in PEM, for https */
export async function startVaultStandin(tls?: { cert: string; key: string }): Promise<RunningStandin> {
  const vault = new VaultStandin();
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, body, headers } = vault.answer(request, Buffer.concat(chunks).toString('utf8'));
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { vault, url, env: { VAULT_ADDR: url, VAULT_TOKEN: vault.token }, stop };
}
