import { freePort, type Running, startServer, VAULT } from './tools.ts';

export interface Vault extends Running {
  readonly env: Readonly<Record<string, string>>;
  /** Asks it with the root token. */
  ask(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>>;
}

/** A real Vault or OpenBao in `-dev` mode: unsealed, in memory, version 2 at `secret/`; version 1 is mounted at `kv1/`. */
export async function startVault(): Promise<Vault> {
  const port = await freePort();
  const token = 'root-of-the-test';
  const command = [
    VAULT ?? 'bao',
    'server',
    '-dev',
    '-dev-no-store-token',
    `-dev-listen-address=127.0.0.1:${port}`,
    `-dev-root-token-id=${token}`,
  ] as const;
  const server = await startServer(command, { port, path: '/v1/sys/health', env: { HOME: '/nonexistent' } });
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${server.url}/v1/${path}`, {
      method,
      headers: { 'x-vault-token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok && answer.status !== 404) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
  await ask('POST', 'sys/mounts/kv1', { type: 'kv', options: { version: '1' } });
  return { ...server, ask, env: { VAULT_ADDR: server.url, VAULT_TOKEN: token } };
}
