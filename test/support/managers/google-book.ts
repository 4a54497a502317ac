import { randomUUID } from 'node:crypto';
import { type ServiceError, status } from '@grpc/grpc-js';
import { crc32c } from '../../../src/stores/gcp-sm/crc32c.ts';

// biome-ignore lint/suspicious/noExplicitAny: a request is what the protos make of it.
export type Request = any;
export type Failure = Pick<ServiceError, 'code' | 'message'>;

interface Version {
  readonly createTime: { seconds: number; nanos: number };
  readonly number: number;
  state: 'ENABLED' | 'DISABLED' | 'DESTROYED';
  data: Buffer;
  etag: string;
}

interface Stored {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  annotations: Record<string, string>;
  aliases: Record<string, number>;
  etag: string;
  readonly versions: Version[];
}

export function fail(code: number, message: string): Failure {
  return Object.assign(new Error(message), { code });
}

/** What Google Secret Manager keeps and refuses, by its API reference. The methods are those of the service. */
export class GoogleBook {
  readonly secrets = new Map<string, Stored>();
  /** Permissions that are missing: `secretmanager.versions.access`. */
  readonly denied = new Set<string>();

  /** Readable text of a version that is enabled: `7`, an alias, or `latest`. */
  textOf(secret: string, version = 'latest'): string {
    return this.AccessSecretVersion({ name: `${secret}/versions/${version}` }).payload.data.toString('utf8');
  }

  CreateSecret({ parent, secretId, secret }: Request) {
    const name = `${parent}/secrets/${secretId}`;
    this.#allow('secretmanager.secrets.create', parent);
    if (!/^[A-Za-z0-9_-]{1,255}$/.test(secretId)) throw fail(status.INVALID_ARGUMENT, 'secretId');
    if (secret?.replication?.automatic === undefined) throw fail(status.INVALID_ARGUMENT, 'replication');
    checkLabels(secret.labels ?? {});
    if (this.secrets.has(name)) throw fail(status.ALREADY_EXISTS, `Secret [${name}] already exists.`);
    const { labels = {}, annotations = {} } = secret;
    this.secrets.set(name, { name, labels, annotations, aliases: {}, etag: newEtag(), versions: [] });
    return this.GetSecret({ name });
  }

  GetSecret({ name }: Request) {
    this.#allow('secretmanager.secrets.get', name);
    const { labels, annotations, aliases, etag } = this.#secret(name);
    return { name, labels, annotations, versionAliases: aliases, etag, replication: { automatic: {} } };
  }

  UpdateSecret({ secret, updateMask }: Request) {
    this.#allow('secretmanager.secrets.update', secret.name);
    const stored = this.#secret(secret.name);
    if (secret.etag && secret.etag !== stored.etag) throw fail(status.ABORTED, 'etag does not match');
    for (const path of updateMask.paths as string[]) {
      if (path === 'annotations') stored.annotations = { ...secret.annotations };
      else if (path === 'version_aliases') stored.aliases = checkedAliases(stored, { ...secret.versionAliases });
      else throw fail(status.INVALID_ARGUMENT, `update mask ${path}`);
    }
    stored.etag = newEtag();
    return this.GetSecret({ name: secret.name });
  }

  DeleteSecret({ name, etag }: Request) {
    this.#allow('secretmanager.secrets.delete', name);
    const stored = this.#secret(name);
    if (etag && etag !== stored.etag) throw fail(status.ABORTED, 'etag does not match');
    this.secrets.delete(name);
    return {};
  }

  AddSecretVersion({ parent, payload }: Request) {
    this.#allow('secretmanager.versions.add', parent);
    const stored = this.#secret(parent);
    const data = Buffer.from(payload?.data ?? '');
    if (data.length === 0 || data.length > 65_536) throw fail(status.INVALID_ARGUMENT, 'payload size');
    if (payload.dataCrc32c !== undefined && payload.dataCrc32c !== crc32c(data)) {
      throw fail(status.INVALID_ARGUMENT, 'checksum');
    }
    const version = {
      number: stored.versions.length + 1,
      state: 'ENABLED' as const,
      data,
      etag: newEtag(),
      createTime: { seconds: Math.floor(Date.now() / 1000), nanos: 0 },
    };
    stored.versions.push(version);
    return shown(stored, version);
  }

  AccessSecretVersion({ name }: Request) {
    this.#allow('secretmanager.versions.access', name);
    const { stored, version } = this.#version(name);
    if (version.state !== 'ENABLED')
      throw fail(status.FAILED_PRECONDITION, `Secret Version [${name}] is in ${version.state} state.`);
    const { data } = version;
    return { name: shown(stored, version).name, payload: { data, dataCrc32c: crc32c(data) } };
  }

  GetSecretVersion({ name }: Request) {
    this.#allow('secretmanager.versions.get', name);
    const { stored, version } = this.#version(name);
    return shown(stored, version);
  }

  ListSecretVersions({ parent, pageSize, pageToken, filter }: Request) {
    this.#allow('secretmanager.versions.list', parent);
    const stored = this.#secret(parent);
    if (filter && filter !== 'state:ENABLED') throw fail(status.INVALID_ARGUMENT, 'filter');
    const all = [...stored.versions].reverse().filter(({ state }) => !filter || state === 'ENABLED');
    const from = Number(pageToken || 0);
    // Small pages, so that a client that reads only the first is found out.
    const size = Math.min(pageSize || 3, 3);
    const versions = all.slice(from, from + size).map((version) => shown(stored, version));
    return { versions, nextPageToken: from + size < all.length ? String(from + size) : '', totalSize: all.length };
  }

  DisableSecretVersion({ name, etag }: Request) {
    return this.#change('secretmanager.versions.disable', name, etag, 'DISABLED');
  }

  EnableSecretVersion({ name, etag }: Request) {
    return this.#change('secretmanager.versions.enable', name, etag, 'ENABLED');
  }

  DestroySecretVersion({ name, etag }: Request) {
    return this.#change('secretmanager.versions.destroy', name, etag, 'DESTROYED');
  }

  #change(permission: string, name: string, etag: string | undefined, state: Version['state']) {
    this.#allow(permission, name);
    const { stored, version } = this.#version(name);
    if (etag && etag !== version.etag) throw fail(status.ABORTED, 'etag does not match');
    if (version.state === 'DESTROYED') throw fail(status.FAILED_PRECONDITION, 'it is destroyed');
    Object.assign(version, { state, etag: newEtag() });
    if (state === 'DESTROYED') version.data = Buffer.alloc(0);
    return shown(stored, version);
  }

  #allow(permission: string, resource: string): void {
    if (!this.denied.has(permission)) return;
    const message = `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`;
    throw fail(status.PERMISSION_DENIED, message);
  }

  #secret(name: string): Stored {
    const stored = this.secrets.get(name);
    if (stored === undefined) throw fail(status.NOT_FOUND, `Secret [${name}] not found or has no versions.`);
    return stored;
  }

  #version(name: string): { stored: Stored; version: Version } {
    const [, parent = '', id = ''] = /^(.+)\/versions\/([^/]+)$/.exec(name) ?? [];
    const stored = this.#secret(parent);
    const number = id === 'latest' ? stored.versions.length : (stored.aliases[id] ?? Number(id));
    const version = stored.versions[number - 1];
    if (version === undefined) throw fail(status.NOT_FOUND, `Secret Version [${name}] not found.`);
    return { stored, version };
  }
}

function shown({ name }: Stored, { number, state, etag, createTime }: Version) {
  return { name: `${name}/versions/${number}`, state, etag, createTime };
}

function checkedAliases(stored: Stored, aliases: Record<string, number>): Record<string, number> {
  for (const [alias, number] of Object.entries(aliases)) {
    if (!/^[A-Za-z][A-Za-z0-9_-]{0,62}$/.test(alias) || alias === 'latest')
      throw fail(status.INVALID_ARGUMENT, 'alias');
    const version = stored.versions[Number(number) - 1];
    if (version === undefined || version.state === 'DESTROYED') throw fail(status.INVALID_ARGUMENT, 'alias to nothing');
    aliases[alias] = Number(number);
  }
  return aliases;
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) {
    const isRight = /^[a-z][a-z0-9_-]{0,62}$/.test(key) && /^[a-z0-9_-]{0,63}$/.test(value);
    if (!isRight) throw fail(status.INVALID_ARGUMENT, 'labels');
  }
}

function newEtag(): string {
  return `"${randomUUID().slice(0, 14)}"`;
}
