import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Standin, startStandin } from './index.ts';

/**
 * The stand-in as a process of its own, for demos and benchmarks: `node test/support/standin/serve.mjs [latencyMs]`.
 * Prints one line of JSON, `{"url", "control"}`, and runs until it is ended, or until its standard input closes when that is a pipe.
 *
 * The control address takes `POST /_standin/keys {"secret", …}` (register), `PATCH /_standin/keys {"key", …}` (change;
 * `key` is the secret or its fingerprint), `PUT /_standin/answer {"answer"}` and `GET /_standin/requests`.
 */
export async function serve(latencyMs: number): Promise<{ url: string; control: string }> {
  const standin = await startStandin({ latencyMs });
  const server = createServer((request, response) => {
    control(standin, request).then(
      (answer) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer)),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: standin.url, control: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function control(standin: Standin, request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { secret, key, answer, ...rest } = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}');
  const change = answer === undefined ? rest : { ...rest, answer };
  switch (`${request.method} ${request.url}`) {
    case 'POST /_standin/keys':
      return { fingerprint: standin.addKey(String(secret), change) };
    case 'PATCH /_standin/keys':
      standin.setKey(String(key), change);
      return {};
    case 'PUT /_standin/answer':
      standin.setAnswer(answer ?? null);
      return {};
    case 'GET /_standin/requests':
      return standin.requests;
    default:
      throw new Error('no such control');
  }
}
