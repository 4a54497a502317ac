import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import sodium from 'libsodium-wrappers';

/** The part of GitHub's API that is about the secrets of one repository, `acme/app`, as its documentation says. */
export interface Github {
  readonly env: Readonly<Record<string, string>>;
  /** What was sealed for it, opened. */
  readonly secrets: Map<string, { value: string; updatedAt: string }>;
  token: string;
  stop(): Promise<void>;
}

export async function startGithub(): Promise<Github> {
  await sodium.ready;
  const pair = sodium.crypto_box_keypair();
  const secrets: Github['secrets'] = new Map();
  let clock = Date.parse('2026-11-24T12:00:00Z');
  const github = { token: 'gh-token-of-the-test' };
  const answer = (method: string, path: string, body: string): readonly [status: number, body: unknown] => {
    const [, repository, name = ''] = /^\/repos\/(acme\/app)\/actions\/secrets\/([\w-]+)$/.exec(path) ?? [];
    if (repository === undefined) return [404, { message: 'Not Found' }];
    if (name === 'public-key') return [200, { key_id: '42', key: Buffer.from(pair.publicKey).toString('base64') }];
    if (method === 'GET') {
      const found = secrets.get(name);
      return found ? [200, { name, updated_at: found.updatedAt }] : [404, { message: 'Not Found' }];
    }
    const { encrypted_value: sealed, key_id: keyId } = JSON.parse(body);
    if (keyId !== '42') return [422, { message: 'wrong key' }];
    const opened = sodium.crypto_box_seal_open(Buffer.from(sealed, 'base64'), pair.publicKey, pair.privateKey);
    clock += 1_000;
    const isNew = !secrets.has(name);
    secrets.set(name, { value: Buffer.from(opened).toString('utf8'), updatedAt: new Date(clock).toISOString() });
    return [isNew ? 201 : 204, undefined];
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isKnown = request.headers.authorization === `Bearer ${github.token}`;
    const [status, body] = isKnown
      ? answer(request.method ?? '', request.url ?? '', Buffer.concat(chunks).toString('utf8'))
      : ([401, { message: 'Bad credentials' }] as const);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(github, {
    secrets,
    env: { GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, GH_TOKEN: github.token },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
