import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Anthropic, APIError, toFile } from '@anthropic-ai/sdk';
import { describe, expect, test } from 'vitest';
import { GatewayScene, HELLO, until } from '../support/gateway.ts';
import { requirement } from '../support/require.ts';

const TOOL = { name: 'weather', input_schema: { type: 'object' as const, properties: { city: { type: 'string' } } } };
const OPTIONS = { maxRetries: 0, logLevel: 'off', openTelemetry: false, webhookKey: null } as const;

/** Bodies as they came over the wire, with and without the gateway; ids that are made anew each time are taken out. */
async function bothWays(scene: GatewayScene, call: (client: Anthropic) => Promise<unknown>): Promise<void> {
  const seen: { status: number; body: string; headers: string[] }[] = [];
  for (const [baseURL, apiKey] of [
    [scene.api.url, scene.secret],
    [scene.url, scene.token],
  ]) {
    const record: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      const bytes = Buffer.from(await response.clone().arrayBuffer()).toString('latin1');
      const body = bytes.replace(/(msg|req|toolu|msgbatch|file)_[0-9a-f]{20,}/g, '$1_');
      seen.push({ status: response.status, body, headers: [...response.headers.keys()].sort() });
      return response;
    };
    const client = new Anthropic({ ...OPTIONS, baseURL: baseURL ?? '', apiKey: apiKey ?? '', fetch: record });
    await call(client).catch((error: unknown) => {
      if (!(error instanceof APIError)) throw error;
    });
  }
  const half = seen.length / 2;
  expect(half).toBeGreaterThan(0);
  expect(seen.slice(half)).toEqual(seen.slice(0, half));
}

describe('the SDK of TypeScript, unchanged, gets the same bytes with and without the gateway', () => {
  test.each<[string, (client: Anthropic) => Promise<unknown>]>([
    ['create', (client) => client.messages.create(HELLO as never)],
    ['stream', (client) => client.messages.stream(HELLO as never).finalMessage()],
    ['a tool', (client) => client.messages.create({ ...HELLO, tools: [TOOL] } as never)],
    ['a tool in a stream', (client) => client.messages.stream({ ...HELLO, tools: [TOOL] } as never).finalMessage()],
    ['count_tokens', (client) => client.messages.countTokens(HELLO as never)],
    ['models', (client) => client.models.list({ limit: 2 })],
    ['an error', (client) => client.messages.create({ ...HELLO, model: 'claude-none' } as never)],
    ['an error in a stream', (client) => client.messages.stream({ ...HELLO, max_tokens: 0 } as never).finalMessage()],
    ['a request that is none', (client) => client.messages.create({ ...HELLO, messages: [] } as never)],
  ])('%s', async (_, call) => {
    await bothWays(await GatewayScene.start(), call);
  });

  test('batches, from the beginning to the results', async () => {
    await bothWays(await GatewayScene.start(), async (client) => {
      const { id } = await client.messages.batches.create({ requests: [{ custom_id: 'one', params: HELLO as never }] });
      await client.messages.batches.retrieve(id);
      const results = await client.messages.batches.results(id);
      for await (const { custom_id } of results) expect(custom_id).toBe('one');
      await client.messages.batches.cancel(id);
      await client.messages.batches.delete(id);
    });
  });

  test('files, whose bytes are the same behind it', async () => {
    const scene = await GatewayScene.start();
    const client = new Anthropic({ ...OPTIONS, baseURL: scene.url, apiKey: scene.token });
    const bytes = randomBytes(3_000_000);
    const { id } = await client.beta.files.upload({ file: await toFile(bytes, 'noise.bin') });
    const again = Buffer.from(await (await client.beta.files.download(id)).arrayBuffer());
    expect(again.equals(bytes)).toBe(true);
  });

  test('a break in mid-stream ends the request at the service too', async () => {
    const scene = await GatewayScene.start();
    scene.api.setKey(scene.secret, { pauseMs: 1_000 });
    const client = new Anthropic({ ...OPTIONS, baseURL: scene.url, apiKey: scene.token });
    const stream = client.messages.stream(HELLO as never);
    for await (const _ of stream) break;
    stream.abort();
    const [line] = await scene.log(1);
    expect(line).toMatchObject({ endpoint: 'messages', status: 200, estimated: true });
    expect(line?.latencyMs).toBeLessThan(3_000);
  });

  test('limits are its own errors, which it does not wait for until tomorrow', async () => {
    const scene = await GatewayScene.start({ tokensPerDay: 1, models: ['claude-haiku-*'] });
    const client = new Anthropic({ ...OPTIONS, maxRetries: 2, baseURL: scene.url, apiKey: scene.token });
    await expect(client.messages.create(HELLO as never)).rejects.toBeInstanceOf(Anthropic.RateLimitError);
    const other = client.messages.create({ ...HELLO, model: 'claude-opus-5-5' } as never);
    await expect(other).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
  });
});

const PYTHON = fileURLToPath(new URL('../../node_modules/.python-sdk/bin/python', import.meta.url));

describe.skipIf(!requirement(existsSync(PYTHON), 'not installed: the SDK of Python (script/python-sdk)'))(
  'the SDK of Python',
  () => {
    test('says the same of every call with and without the gateway', { timeout: 90_000 }, async () => {
      const scene = await GatewayScene.start();
      const ways = [await python(scene.api.url, scene.secret), await python(scene.url, scene.token)];
      expect(ways[1]).toEqual(ways[0]);
      expect(ways[1]).toEqual({
        create: 'Hi',
        stream: ['text', 'max_tokens', 5],
        tool: { city: 'Rome' },
        'streamed tool': ['tool_use', 'tool_use', 5],
        count: 8,
        models: ['claude-haiku-5-5', 'claude-sonnet-5-5'],
        batch: ['one'],
        error: [404, 'not_found_error'],
        cancelled: true,
      });
      await until(async () => (await scene.log(9)).length >= 9);
    });
  },
);

function python(url: string, key: string): Promise<unknown> {
  const env = { PATH: process.env['PATH'], ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key };
  const child = spawn(PYTHON, [fileURLToPath(new URL('sdk.py', import.meta.url))], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(stdout)) : reject(new Error(stderr))));
  });
}
