import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { Anthropic } from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { checkSecret } from '../../src/anthropic/check.ts';
import { API_VERSION, CHEAPEST_MODEL, OAUTH_BETA } from '../../src/anthropic/facts.ts';
import { Secret } from '../../src/keys/secret.ts';
import { TestMachine } from '../support/host.ts';
import { makeAdminKey, makeKey, makeOauthToken } from '../support/secrets.ts';
import { type Answer, type Standin, startStandin } from '../support/standin/index.ts';

let standin: Standin;

beforeAll(async () => {
  standin = await startStandin();
});
afterAll(() => standin.stop());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function check(
  secret: string,
  { url = standin.url, timeoutMs = 5000, kind = 'api' as 'api' | 'admin' | 'oauth' } = {},
) {
  const ctx = new TestMachine().context({ env: { ANTHROPIC_BASE_URL: url } });
  return checkSecret(ctx, new Secret(secret), kind, { timeoutMs });
}

function register(answer: Answer | null = null, secret = makeKey()): string {
  standin.addKey(secret, { answer });
  return secret;
}

const NOTHING = { status: 'undecided', authenticated: null, organizationId: null, requestId: null };

describe('the deadline', () => {
  test.each<[string, Answer]>([
    ['no headers ever', { fault: 'hang' }],
    ['headers, then half a body', { fault: 'hang_in_body' }],
    ['a byte now and then', { fault: 'drip' }],
  ])('holds for %s', async (_, answer) => {
    const secret = register(answer);
    const begun = performance.now();
    expect(await check(secret, { timeoutMs: 300 })).toMatchObject({ ...NOTHING, httpStatus: null });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  test('holds for a server that takes the connection and is no web server', async () => {
    const server = createTcpServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const result = await check(makeKey(), { url: `http://127.0.0.1:${port}`, timeoutMs: 200 });
    expect(result).toMatchObject({ ...NOTHING, message: `no answer from 127.0.0.1:${port} within 0.2 s` });
  });

  test('leaves nothing behind that keeps the process or the connection', async () => {
    const closed = new Promise<void>((resolve) => {
      const server = createServer((request) => request.socket.on('close', resolve));
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number };
        void check(makeKey(), { url: `http://127.0.0.1:${port}`, timeoutMs: 100 });
      });
      onTestFinished(() => void server.close());
    });
    await closed;
  });
});

describe('no answer', () => {
  test('nothing listens', async () => {
    const gone = await startStandin();
    await gone.stop();
    const message = `nothing listens at ${new URL(gone.url).host} (connection refused)`;
    expect(await check(makeKey(), { url: gone.url })).toMatchObject({ ...NOTHING, httpStatus: null, message });
  });

  test('TLS to a server that does not speak it', async () => {
    const result = await check(makeKey(), { url: standin.url.replace('http:', 'https:') });
    expect(result).toMatchObject({ ...NOTHING, httpStatus: null });
    expect(result.message).toMatch(/^no safe connection to 127\.0\.0\.1:\d+ \([A-Z_]+\)/);
  });

  test('the connection is dropped', async () => {
    const result = await check(register({ fault: 'drop' }));
    expect(result).toMatchObject({ ...NOTHING, httpStatus: null });
    expect(result.message).toMatch(/closed the connection without an answer$/);
  });

  test('a secret that no header can carry', async () => {
    const result = await check(`sk-ant-api03-\u201d${'a'.repeat(90)}`);
    expect(result).toMatchObject({
      ...NOTHING,
      message: 'the secret holds a character that cannot be sent; store the key anew',
    });
  });
});

describe('redirects', () => {
  test.each([301, 302, 307, 308])('a %i carries the key nowhere', async (status) => {
    const other = await startStandin();
    onTestFinished(() => other.stop());
    const secret = register({ status, headers: { location: `${other.url}/v1/messages` } });
    other.addKey(secret);
    for (const kind of ['api', 'admin'] as const) {
      const result = await check(secret, { kind });
      expect(result).toMatchObject({ ...NOTHING, httpStatus: status });
      expect(result.message).toContain('redirect');
    }
    expect(other.requests).toEqual([]);
  });

  test('not even within the host', async () => {
    const before = standin.requests.length;
    await check(register({ redirect: '/v1/models' }));
    expect(standin.requests).toHaveLength(before + 1);
  });
});

describe('the environment', () => {
  const trap = makeKey();

  test('changes neither what is sent nor where, and nothing is logged', async () => {
    const elsewhere = await startStandin();
    onTestFinished(() => elsewhere.stop());
    const said = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name));
    for (const [name, value] of Object.entries({
      ANTHROPIC_LOG: 'debug',
      ANTHROPIC_API_KEY: trap,
      ANTHROPIC_AUTH_TOKEN: trap,
      ANTHROPIC_PROFILE: 'nobody',
      ANTHROPIC_BASE_URL: elsewhere.url,
      ANTHROPIC_CUSTOM_HEADERS: `authorization: Bearer ${trap}\nX-Api-Key: ${trap}\nx-evil: yes\nanthropic-version: 1\nanthropic-beta: evil`,
      ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE: 'content',
      ANTHROPIC_CONFIG_DIR: '/nowhere',
    })) {
      vi.stubEnv(name, value);
    }
    for (const [secret, kind] of [
      [makeKey(), 'api'],
      [makeAdminKey(), 'admin'],
      [makeOauthToken(), 'oauth'],
    ] as const) {
      register(null, secret);
      expect(await check(secret, { kind })).toMatchObject({ status: 'valid' });
      const { headers } = standin.requests.at(-1) ?? {};
      expect(
        Object.keys(headers ?? {})
          .filter((name) => !FROM_FETCH.includes(name))
          .sort(),
      ).toEqual([
        'accept',
        ...(kind === 'oauth' ? ['anthropic-beta'] : []),
        'anthropic-version',
        ...(kind === 'admin' ? [] : ['content-type']),
        'user-agent',
      ]);
      expect(headers).toMatchObject({ 'anthropic-version': API_VERSION });
      if (kind === 'oauth') expect(headers).toMatchObject({ 'anthropic-beta': OAUTH_BETA });
    }
    expect(elsewhere.requests).toEqual([]);
    for (const spy of said) expect(spy).not.toHaveBeenCalled();
  });

  test('the warning of the SDK about a model that ends is said by us instead', async () => {
    const secret = makeKey();
    standin.addKey(secret, { models: ['claude-sonnet-4-5'] });
    const warn = vi.spyOn(console, 'warn');
    const ctx = new TestMachine().context({ env: { ANTHROPIC_BASE_URL: standin.url } });
    const result = await checkSecret(ctx, new Secret(secret), 'api', { model: 'claude-sonnet-4-5' });
    expect(result).toMatchObject({ status: 'valid', message: 'works; claude-sonnet-4-5 ends on 2026-11-30' });
    expect(warn).not.toHaveBeenCalled();
    expect(console.warn).toBe(warn);
  });
});

/** What `fetch` itself adds. */
const FROM_FETCH = ['host', 'connection', 'accept-encoding', 'accept-language', 'sec-fetch-mode', 'content-length'];

describe('facts', () => {
  test('the version and the path are those of the SDK', async () => {
    const secret = register();
    const client = new Anthropic({ apiKey: secret, baseURL: standin.url, logLevel: 'off' });
    await client.messages.create({ model: CHEAPEST_MODEL, max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] });
    expect(standin.requests.at(-1)).toMatchObject({
      path: '/v1/messages',
      headers: { 'anthropic-version': API_VERSION },
    });
  });

  test('an OAuth token needs its header', async () => {
    const secret = register(null, makeOauthToken());
    const client = new Anthropic({ authToken: secret, baseURL: standin.url, logLevel: 'off', maxRetries: 0 });
    await expect(client.models.list()).rejects.toMatchObject({ status: 401 });
    expect(await check(secret, { kind: 'oauth' })).toMatchObject({ status: 'valid' });
  });
});
