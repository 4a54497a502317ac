import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { GatewayScene, HELLO } from '../support/gateway.ts';

const BODY = JSON.stringify(HELLO);

/** Sends these bytes on a connection of their own, and gives everything that comes back until it is closed or quiet. */
function send(url: string, bytes: string | Buffer, quietMs = 400): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let seen = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const end = () => {
      socket.destroy();
      resolve(seen);
    };
    let timer = setTimeout(end, 3_000);
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      clearTimeout(timer);
      timer = setTimeout(end, quietMs);
    });
    socket.on('error', end).on('close', end);
  });
}

const statusesIn = (answer: string) =>
  [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

interface Form {
  readonly line?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly length?: string | null;
  readonly body?: string;
}

/** A request that is right but for what is given; `TOKEN` stands for the token. */
function form({
  line = 'POST /v1/messages HTTP/1.1',
  host = 'Host: 127.0.0.1',
  headers = [],
  length,
  body = BODY,
}: Form): string {
  const size = length === undefined ? `Content-Length: ${Buffer.byteLength(body)}` : length;
  const all = [
    line,
    host,
    'x-api-key: TOKEN',
    'anthropic-version: 2023-06-01',
    ...(size === null ? [] : [size]),
    ...headers,
  ];
  return `${all.filter((each) => each !== '').join('\r\n')}\r\n\r\n${body}`;
}

const target = (path: string, method = 'POST') => form({ line: `${method} ${path} HTTP/1.1` });
const GET = { line: 'GET /v1/models HTTP/1.1', length: null, body: '' };
const CHUNKED = ['Transfer-Encoding: chunked'];
const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

/** What is sent, and the statuses that may come; what is refused must not have reached the service. */
const HOSTILE: readonly [what: string, bytes: string, statuses: readonly number[]][] = [
  // Paths
  ['two slashes', target('//v1/messages'), [404]],
  ['two slashes inside', target('/v1//messages'), [404]],
  ['dots', target('/v1/x/../messages'), [404]],
  ['a dot', target('/v1/./messages'), [404]],
  ['dots up and out', target('/v1/messages/../../v1/organizations/api_keys', 'GET'), [404]],
  ['an encoded slash', target('/v1%2fmessages'), [404]],
  ['an encoded slash, capital', target('/v1%2Fmessages'), [404]],
  ['encoded dots', target('/v1/%2e%2e/v1/messages'), [404]],
  ['twice encoded dots', target('/v1/%252e%252e/messages'), [404]],
  ['an encoded letter', target('/v1/m%65ssages'), [404]],
  ['a backslash', target('/v1\\messages'), [400, 404]],
  ['a semicolon', target('/v1/messages;x=1'), [404]],
  ['a slash at the end', target('/v1/messages/'), [404]],
  ['capitals', target('/V1/MESSAGES'), [404]],
  ['a NUL', target('/v1/messages%00'), [404]],
  ['an id of dots', target('/v1/models/..', 'GET'), [404]],
  ['an id with a slash in disguise', target('/v1/models/x%2f..%2forganizations', 'GET'), [404]],
  ['another API', target('/v1/organizations/me', 'GET'), [404]],
  ['the legacy API', target('/v1/complete'), [404]],
  ['a whole URL', target('http://evil.example/v1/messages'), [404]],
  ['a whole URL of the service', target('https://api.anthropic.com/v1/messages'), [404]],
  ['no slash', target('v1/messages'), [400, 404]],
  ['a star', target('*', 'OPTIONS'), [404]],
  ['the token in the address', target('/v1/messages?key=TOKEN'), [400]],
  ['the token in the path', target('/v1/files/TOKEN', 'GET'), [400]],
  ['an odd query', target('/v1/messages?a=<script>'), [400]],
  ['a fragment', target('/v1/messages#x'), [404]],
  // Methods
  ['CONNECT', 'CONNECT api.anthropic.com:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', []],
  ['TRACE', target('/v1/messages', 'TRACE'), [405]],
  ['DELETE', target('/v1/messages', 'DELETE'), [405]],
  ['a method that is none', target('/v1/messages', 'POSTS'), [400]],
  ['a body where none belongs', form({ line: 'GET /v1/models HTTP/1.1' }), [400]],
  [
    'a preflight of a browser',
    form({ line: 'OPTIONS /v1/messages HTTP/1.1', headers: ['Origin: https://evil.example'], length: null, body: '' }),
    [403],
  ],
  // Who calls
  ['a web page', form({ headers: ['Origin: https://evil.example'] }), [403]],
  ['a page of this machine', form({ headers: ['Origin: http://localhost:3000'] }), [403]],
  ['a page without a name', form({ headers: ['Origin: null'] }), [403]],
  ['a picture in a page', form({ ...GET, headers: ['Sec-Fetch-Site: cross-site'] }), [403]],
  ['a rebound name', form({ host: 'Host: evil.example' }), [403]],
  ['a rebound name with a port', form({ host: 'Host: evil.example:8317' }), [403]],
  ['a name that begins like ours', form({ host: 'Host: 127.0.0.1.evil.example' }), [403]],
  ['a name with a user', form({ host: 'Host: 127.0.0.1@evil.example' }), [403]],
  ['an address of all', form({ host: 'Host: 0.0.0.0' }), [403]],
  ['no host', form({ host: '' }), [400]],
  ['two hosts', form({ headers: ['Host: evil.example'] }), [400, 403]],
  // Two readings of one request
  ['a length and chunks', form({ headers: CHUNKED, body: chunked }), [400]],
  ['two lengths', form({ headers: ['Content-Length: 5'] }), [400]],
  ['a length with a sign', form({ length: 'Content-Length: +10' }), [400]],
  ['a length of letters', form({ length: 'Content-Length: 0x10' }), [400]],
  ['a length that is negative', form({ length: 'Content-Length: -1' }), [400]],
  ['chunks in disguise', form({ length: null, headers: ['Transfer-Encoding: xchunked'], body: chunked }), [400]],
  [
    'chunks named twice',
    form({ length: null, headers: ['Transfer-Encoding: chunked, identity'], body: chunked }),
    [400],
  ],
  ['a space before the colon', form({ headers: ['Transfer-Encoding : chunked'] }), [400]],
  ['a folded header', form({ headers: ['x-a: 1', ' folded: 2'] }), [400]],
  ['a line end in a header', form({ headers: ['x-a: 1\rx-api-key: other'] }), [400]],
  ['a NUL in a header', form({ headers: ['x-a: 1\u0000'] }), [400]],
  ['a chunk size that is none', form({ length: null, headers: CHUNKED, body: 'zz\r\n' }), [400]],
  ['a chunk size beyond numbers', form({ length: null, headers: CHUNKED, body: 'fffffffffffffffff\r\n' }), [400]],
  ['a bare line feed', `POST /v1/messages HTTP/1.1\nHost: 127.0.0.1\nx-api-key: TOKEN\nContent-Length: 0\n\n`, [400]],
  ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001', [400]],
  ['noise', '\u0000\u0001\u0002\u0003GET / \r\n\r\n', [400]],
  // Credentials
  ['two tokens', form({ headers: ['x-api-key: other'] }), [401]],
  ['another Bearer', form({ headers: ['Authorization: Bearer other'] }), [401]],
  ['a token with an underscore in its header', form({ headers: ['X_Api_Key: other'] }), [401]],
  ['a Bearer with two words', form({ headers: ['Authorization: Bearer a b'] }), [401]],
  // Bodies
  ['a body that says it is huge', form({ length: 'Content-Length: 99999999999' }), [413]],
  ['no JSON', form({ body: '{"model":' }), [400]],
  ['a list', form({ body: '[]' }), [400]],
  ['an empty body', form({ body: '' }), [400]],
  ['a packed body', form({ headers: ['Content-Encoding: gzip'] }), [400]],
  ['nested too deep', form({ body: '['.repeat(100_000) }), [400]],
  ['headers without end', form({ headers: [`x-a: ${'a'.repeat(40_000)}`] }), [431]],
  [
    'two thousand headers',
    form({ headers: Array.from({ length: 3_000 }, (_, at) => `x-${at}: ${'a'.repeat(10)}`) }),
    [431],
  ],
];

test('there are at least fifty of them', () => {
  expect(HOSTILE.length).toBeGreaterThanOrEqual(50);
});

describe("a hostile request is refused in the API's own shape, and does not reach the service", () => {
  test('each of them', { timeout: 120_000 }, async () => {
    const scene = await GatewayScene.start();
    const results = await Promise.all(
      HOSTILE.map(async ([what, bytes, statuses]) => {
        const answer = await send(scene.url, Buffer.from(bytes.replaceAll('TOKEN', scene.token), 'latin1'));
        const [first] = statusesIn(answer);
        const shaped = first === undefined || /"type":"error","error":\{"type":"[a-z_]+","message":"/.test(answer);
        const leaks = answer.includes(scene.token) || answer.includes(scene.secret.slice(13, 60));
        return {
          what,
          first,
          fits: first === undefined ? statuses.length === 0 : statuses.includes(first),
          shaped,
          leaks,
        };
      }),
    );
    expect(results.filter(({ fits, shaped, leaks }) => !fits || !shaped || leaks)).toEqual([]);
    expect(scene.api.requests).toEqual([]);
    // And it goes on.
    expect((await scene.ask({ token: scene.token })).status).toBe(200);
    const lines = JSON.stringify(await scene.log(1));
    expect([lines.includes(scene.token), lines.includes(scene.secret.slice(13, 60)), lines.includes('evil')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  test('a second request hidden in the body of the first is only a body', async () => {
    const scene = await GatewayScene.start();
    const hidden = 'GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    const body = `${BODY.slice(0, -1)},"metadata":{"user_id":${JSON.stringify(hidden)}}}`;
    const answer = await send(
      scene.url,
      form({ body, headers: ['content-type: application/json'] }).replace('TOKEN', scene.token),
    );
    expect(statusesIn(answer)).toEqual([200]);
    expect(scene.api.requests.map(({ path, body: seen }) => [path, seen])).toEqual([['/v1/messages', body]]);
  });

  test('a large body that says nothing of its size is cut off at the limit, by someone without a token at once', async () => {
    const scene = await GatewayScene.start();
    const upload = (token: string) =>
      new Promise<number>((resolve) => {
        const outgoing = httpRequest(
          `${scene.url}/v1/messages`,
          { method: 'POST', headers: { 'x-api-key': token } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        outgoing.on('error', () => resolve(-1));
        const chunk = Buffer.alloc(1024 * 1024, 'a');
        let left = 40;
        const more = (): void => {
          if (left-- <= 0) return void outgoing.end();
          outgoing.write(chunk, more);
        };
        more();
      });
    expect(await upload(scene.token)).toBe(413);
    expect(await upload('ckg_none')).toBe(401);
    expect(scene.api.requests).toEqual([]);
  });

  test('clients that never come to an end do not keep others waiting, and are let go', {
    timeout: 40_000,
  }, async () => {
    const scene = await GatewayScene.start();
    const { hostname, port } = new URL(scene.url);
    const ends: Promise<number>[] = [];
    const begun = performance.now();
    for (let at = 0; at < 100; at += 1) {
      const socket = connect(Number(port), hostname);
      const timer = setInterval(() => socket.write('x: 1\r\n'), 500);
      socket.write('POST /v1/messages HTTP/1.1\r\nHost: 127.0.0.1\r\n').valueOf();
      socket.on('error', () => {});
      ends.push(
        new Promise((resolve) =>
          socket.resume().on('close', () => {
            clearInterval(timer);
            resolve(performance.now() - begun);
          }),
        ),
      );
    }
    await sleep(500);
    expect((await scene.ask({ token: scene.token })).status).toBe(200);
    expect(Math.max(...(await Promise.all(ends)))).toBeLessThan(25_000);
  });
});
