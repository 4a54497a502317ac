import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

interface Kept {
  data: Record<string, string>;
  annotations: Record<string, string>;
  version: number;
}

/** The part of the API server of Kubernetes that is about Secrets of the namespace `apps`, as its reference says. */
export interface Kubernetes {
  readonly secrets: Map<string, Kept>;
  /** Verbs that are not allowed. */
  readonly denied: Set<string>;
  /** Writes a configuration of kubectl for it. */
  writeConfig(folder: string): string;
  stop(): Promise<void>;
}

const VERBS: Readonly<Record<string, string>> = { GET: 'get', POST: 'create', PATCH: 'patch' };

export async function startKubernetes(): Promise<Kubernetes> {
  const secrets: Kubernetes['secrets'] = new Map();
  const denied = new Set<string>();
  const shown = (name: string, { data, annotations, version }: Kept) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'apps', annotations, resourceVersion: String(version) },
    data,
  });
  const answer = (method: string, path: string, type: string, text: string): readonly [number, unknown] => {
    const [, namespace, name] = /^\/api\/v1\/namespaces\/([\w-]+)\/secrets(?:\/([\w.-]+))?$/.exec(path) ?? [];
    const status = (code: number) => [code, { kind: 'Status', code }] as const;
    if (denied.has(VERBS[method] ?? '')) return status(403);
    if (namespace !== 'apps') return status(404);
    if (method === 'POST') {
      const { metadata, data } = JSON.parse(text);
      if (secrets.has(metadata.name)) return status(409);
      secrets.set(metadata.name, { data, annotations: metadata.annotations ?? {}, version: 1 });
      return [201, shown(metadata.name, secrets.get(metadata.name) as Kept)];
    }
    const kept = secrets.get(name ?? '');
    if (name === undefined || kept === undefined) return status(404);
    if (method === 'PATCH') {
      if (type !== 'application/merge-patch+json') return status(415);
      const { metadata = {}, data = {} } = JSON.parse(text);
      if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== String(kept.version))
        return status(409);
      Object.assign(kept.data, data);
      Object.assign(kept.annotations, metadata.annotations);
      kept.version += 1;
    }
    return [200, shown(name, kept)];
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const type = request.headers['content-type'] ?? '';
    const [status, body] = answer(
      request.method ?? '',
      request.url ?? '',
      type,
      Buffer.concat(chunks).toString('utf8'),
    );
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    secrets,
    denied,
    writeConfig: (folder) => {
      const file = join(folder, 'kubeconfig');
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'c', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user: { token: 't' } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      };
      writeFileSync(file, JSON.stringify(config));
      return file;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
