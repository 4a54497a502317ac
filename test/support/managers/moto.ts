import { freePort, MOTO, type Running, startServer } from './tools.ts';

export interface Aws extends Running {
  /** What a program needs to speak to it, and to nothing else of AWS. */
  readonly env: Readonly<Record<string, string>>;
}

/** AWS Secrets Manager, played by moto on loopback. */
export async function startAws(): Promise<Aws> {
  const port = await freePort();
  const server = await startServer([MOTO ?? 'moto_server', '-H', '127.0.0.1', '-p', String(port)], {
    port,
    path: '/moto-api/data.json',
  });
  const env = {
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: 'testing',
    AWS_SECRET_ACCESS_KEY: 'testing',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nonexistent',
    AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  };
  return { ...server, env };
}
