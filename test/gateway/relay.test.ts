import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { revokeGrant } from '../../src/grants/granting.ts';
import { openGrants } from '../../src/grants/store.ts';
import { makeGrantId } from '../../src/grants/token.ts';
import { identify } from '../../src/keys/identify.ts';
import { changeRegistry } from '../../src/keys/registry.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { ask, GatewayScene, HELLO, until } from '../support/gateway.ts';
import { makeKey } from '../support/secrets.ts';

const HOP = ['connection', 'keep-alive', 'transfer-encoding'];

/** Headers as they came, but for those of one hop. */
function endToEnd(raw: readonly string[]): string[][] {
  const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] ?? '']] : []));
  return pairs.filter(([name = '']) => !HOP.includes(name.toLowerCase()));
}

/** A service that answers each request in its own way. */
async function service(answer: (response: ServerResponse, headers: readonly string[], body: string) => void) {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (text) => {
      body += text;
    });
    request.on('end', () => answer(response, request.rawHeaders, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('an answer through the gateway is the one of the service, byte for byte', () => {
  const gzipped = gzipSync(JSON.stringify({ usage: { input_tokens: 1, output_tokens: 1 } }));
  test.each<[string, (response: ServerResponse) => void]>([
    [
      'with names in odd letters, twice',
      (r) =>
        r
          .writeHead(200, ['X-OdD', 'a', 'x-odd', 'b', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Length', '2'])
          .end('{}'),
    ],
    ['with its own words of status', (r) => r.writeHead(200, 'Fine By Me', { 'content-length': 2 }).end('{}')],
    ['packed', (r) => r.writeHead(200, { 'content-encoding': 'gzip', 'content-length': gzipped.length }).end(gzipped)],
    [
      'in pieces',
      (r) => {
        r.writeHead(200, { 'content-type': 'text/event-stream' });
        r.write('data: {}\n\n');
        r.write('da');
        r.end('ta: \r\n\r\n');
      },
    ],
    ['of bytes that are no text', (r) => r.writeHead(200).end(Buffer.from([0, 255, 254, 10, 13, 128]))],
    ['without a body', (r) => r.writeHead(204).end()],
    [
      'an error',
      (r) =>
        r
          .writeHead(529, { 'content-type': 'application/json', 'retry-after': '3', 'x-should-retry': 'true' })
          .end('{"type":"error"}'),
    ],
    ['a page of a proxy', (r) => r.writeHead(502, { 'content-type': 'text/html' }).end('<html>')],
    [
      'without a date',
      (r) => {
        r.sendDate = false;
        r.writeHead(200, { 'content-length': 2 }).end('{}');
      },
    ],
  ])('%s', async (_, answer) => {
    const upstream = await service((response) => {
      response.setHeader === undefined || answer(response);
    });
    const scene = await GatewayScene.start({}, { upstream });
    const [direct, through] = [await ask(upstream, {}), await scene.ask({ token: scene.token })];
    const dateless = (raw: readonly string[]) =>
      endToEnd(raw).map(([name = '', value]) => (name.toLowerCase() === 'date' ? [name] : [name, value]));
    expect([through.status, dateless(through.rawHeaders)]).toEqual([direct.status, dateless(direct.rawHeaders)]);
    expect(through.body.equals(direct.body)).toBe(true);
  });
});

describe('a request through the gateway', () => {
  test('is the one of the client with the key in the place of the token', async () => {
    let seen: { headers: readonly string[]; body: string } | null = null;
    const upstream = await service((response, headers, body) => {
      seen = { headers, body };
      response.end('{}');
    });
    const scene = await GatewayScene.start({}, { upstream });
    const odd = `{ "max_tokens":10 ,"model" : "claude-haiku-5-5","messages":[{"role":"user","content":"\u00e9\\n"}]}`;
    const sent = {
      'X-Odd': 'A  b',
      'anthropic-beta': 'one,two',
      'User-Agent': 'test/1',
      'Accept-Encoding': 'gzip, zstd, br',
    };
    const hop = {
      connection: 'x-dropped, keep-alive',
      'x-dropped': '1',
      te: 'trailers',
      cookie: 'a=1',
      'proxy-authorization': 'Basic eA==',
    };
    for (const [header, value] of [
      ['x-api-key', scene.token],
      ['authorization', `Bearer ${scene.token}`],
    ] as const) {
      await scene.ask({ headers: { ...sent, ...hop, [header]: value }, body: odd });
      const { headers, body } = seen ?? { headers: [], body: '' };
      expect(Buffer.from(body, 'latin1').toString('utf8')).toBe(odd);
      const pairs = Object.fromEntries(endToEnd(headers).map(([name = '', each]) => [name.toLowerCase(), each]));
      expect(pairs).toEqual({
        host: new URL(upstream).host,
        'anthropic-version': '2023-06-01',
        'content-type': 'application/json',
        'x-odd': 'A  b',
        'anthropic-beta': 'one,two',
        'user-agent': 'test/1',
        'accept-encoding': 'gzip, br',
        'content-length': String(Buffer.byteLength(odd)),
        [header]: value.replace(scene.token, scene.secret),
      });
    }
  });

  test('streams: the first event is there long before the last', async () => {
    const scene = await GatewayScene.start({}, {});
    scene.api.setKey(scene.secret, { pauseMs: 200 });
    const times: number[] = [];
    const response = await fetch(`${scene.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': scene.token, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
    });
    for await (const _ of response.body ?? []) times.push(performance.now());
    expect(times.length).toBeGreaterThan(4);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(600);
  });

  test('that a client breaks off is broken off at the service, and counted by what was seen', async () => {
    let closed = false;
    const upstream = await service((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const message = { model: 'claude-haiku-5-5', usage: { input_tokens: 8, output_tokens: 1 } };
      response.write(`event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message })}\n\n`);
      response.on('close', () => {
        closed = true;
      });
    });
    const scene = await GatewayScene.start({ budget: { nanos: 1e9, per: 'day' } }, { upstream });
    const controller = new AbortController();
    const response = await fetch(`${scene.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': scene.token, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ ...HELLO, stream: true }),
      signal: controller.signal,
    });
    await response.body?.getReader().read();
    controller.abort();
    await until(() => closed);
    const [line] = await scene.log(1);
    expect(line).toMatchObject({ status: 200, estimated: true, tokens: { input: 8, output: 1 } });
  });
});

describe('the key goes nowhere else', () => {
  test('a redirect is not followed and not passed on', async () => {
    const stranger = await service((response) => response.end('{}'));
    const scene = await GatewayScene.start({}, { standin: { answer: { redirect: `${stranger}/v1/messages` } } });
    const { status, json, headers } = await scene.ask({ token: scene.token });
    expect([status, json.error.type, headers.location]).toEqual([502, 'api_error', undefined]);
  });

  test.each(['body', 'header', 'pieces', 'sized pieces', 'error'])(
    'a service that repeats it in a %s does not give it to the client',
    async (where) => {
      const upstream = await service((response, headers) => {
        const key = headers.find((value) => value.startsWith('sk-ant-')) ?? '';
        if (where === 'header') return response.writeHead(200, { 'x-echo': `key=${key}` }).end('{}');
        const size = where === 'sized pieces' && { 'content-length': key.length + 2 };
        response.writeHead(where === 'error' ? 400 : 200, { ...size });
        if (!where.endsWith('pieces')) return response.end(`{"key":"${key}"}`);
        response.write(`a${key.slice(0, 50)}`);
        setTimeout(() => response.end(`${key.slice(50)}b`), 100);
      });
      const scene = await GatewayScene.start({}, { upstream });
      const answer = await scene.ask({ token: scene.token }).catch(() => null);
      const text = `${answer?.rawHeaders} ${answer?.body}`;
      expect(text).not.toContain(scene.secret.slice(13, 60));
      if (where === 'header') expect(answer?.status).toBe(200);
      else expect(scene.ctx.stderr.text).toContain('repeats the key');
    },
  );
});

describe('a rotation', () => {
  async function rotate(scene: GatewayScene, fresh: string): Promise<void> {
    await changeRegistry(scene.ctx, async ({ registry, save }) => {
      await scene.machine.keychain.set(slotOf('production', 'current'), new Secret(fresh));
      const entry = registry.keys.get('production');
      if (entry !== undefined) entry.current = { ...entry.current, ...identify(new Secret(fresh)) };
      save();
    });
  }

  test('is followed without a failed request, though the old key dies at that moment', async () => {
    const scene = await GatewayScene.start();
    let over = false;
    const seen = new Set<number>();
    let answered = 0;
    const clients = Array.from({ length: 10 }, async () => {
      while (!over) {
        seen.add((await scene.ask({ token: scene.token })).status);
        answered += 1;
      }
    });
    let old = scene.secret;
    for (let turn = 0; turn < 5; turn += 1) {
      const [fresh, before] = [makeKey(), answered];
      await until(() => answered > before + 30);
      scene.api.addKey(fresh);
      await rotate(scene, fresh);
      scene.api.setKey(old, { state: 'inactive' });
      old = fresh;
    }
    await until(() => scene.api.requests.at(-1)?.fingerprint === identify(new Secret(old)).fingerprint);
    over = true;
    await Promise.all(clients);
    expect([...seen]).toEqual([200]);
  });

  test('that leaves a dead key is the answer of the service, and a word to the owner', async () => {
    const scene = await GatewayScene.start();
    scene.api.setKey(scene.secret, { state: 'inactive' });
    expect((await scene.ask({ token: scene.token })).status).toBe(401);
    expect(scene.ctx.stderr.text).toContain('the service rejects the key production');
  });
});

describe('a grant that is revoked', () => {
  test('is refused within a second, and what goes on for it is cut off', async () => {
    const scene = await GatewayScene.start();
    scene.api.setKey(scene.secret, { pauseMs: 2_000 });
    const response = await fetch(`${scene.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': scene.token, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
    });
    const store = await openGrants(scene.ctx, undefined);
    const [grant] = await store.list();
    await revokeGrant(scene.ctx, store, grant?.label ?? makeGrantId());
    const begun = performance.now();
    await until(
      async () => (await scene.ask({ token: scene.token, path: '/v1/models', method: 'GET' })).status === 401,
    );
    expect(performance.now() - begun).toBeLessThan(1_000);
    await expect(response.text()).rejects.toThrow();
  });
});
