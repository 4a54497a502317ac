import { describe, expect, test } from 'vitest';
import type { Rights } from '../../src/grants/options.ts';
import { type Asked, GatewayScene, HELLO } from '../support/gateway.ts';

const BATCH = { requests: [{ custom_id: 'one', params: HELLO }] };
const batchOf = (params: object) => ({
  requests: [...BATCH.requests, { custom_id: 'two', params: { ...HELLO, ...params } }],
});
const COUNT = { model: HELLO.model, messages: HELLO.messages };

type Row = [what: string, rights: Partial<Rights>, asked: Asked, status: number, message?: string];

const HAIKU: Partial<Rights> = { models: ['claude-haiku-*'] };
const NO_OPUS = 'this token may not use the model claude-opus-5-5';
const OPUS = 'claude-opus-5-5';

const ROWS: readonly Row[] = [
  ['a message', {}, {}, 200],
  ['a model that fits', HAIKU, {}, 200],
  ['a model that does not', HAIKU, { body: { ...HELLO, model: OPUS } }, 403, NO_OPUS],
  ['a fallback that does not', HAIKU, { body: { ...HELLO, fallbacks: [{ model: OPUS }] } }, 403, NO_OPUS],
  [
    'a tool that brings another model',
    HAIKU,
    { body: { ...HELLO, tools: [{ type: 'advisor', model: OPUS }] } },
    403,
    NO_OPUS,
  ],
  [
    'counting with another model',
    HAIKU,
    { path: '/v1/messages/count_tokens', body: { ...COUNT, model: OPUS } },
    403,
    NO_OPUS,
  ],
  [
    'a batch with another model in it',
    HAIKU,
    { path: '/v1/messages/batches', body: batchOf({ model: OPUS }) },
    403,
    NO_OPUS,
  ],
  ['a star in the middle', { models: ['claude-*-5-5'] }, { body: { ...HELLO, model: OPUS } }, 200],
  [
    'a dot that is no dot',
    { models: ['claude.haiku.5.5'] },
    {},
    403,
    'this token may not use the model claude-haiku-5-5',
  ],
  [
    'a model with a line end',
    HAIKU,
    { body: { ...HELLO, model: `claude-haiku-5-5\n${OPUS}` } },
    403,
    'this token may not use the model it names',
  ],
  ['max_tokens at the limit', { maxTokens: 10 }, {}, 200],
  ['max_tokens over it', { maxTokens: 9 }, {}, 403, 'max_tokens: this token may ask for 9 at most'],
  [
    'max_tokens of a fallback',
    { maxTokens: 10 },
    { body: { ...HELLO, fallbacks: [{ model: OPUS, max_tokens: 11 }] } },
    403,
    'max_tokens: this token may ask for 10 at most',
  ],
  [
    'max_tokens in a batch',
    { maxTokens: 10 },
    { path: '/v1/messages/batches', body: batchOf({ max_tokens: 11 }) },
    403,
    'max_tokens: this token may ask for 10 at most',
  ],
  [
    'no max_tokens where there is a limit',
    { maxTokens: 10 },
    { body: { ...HELLO, max_tokens: undefined } },
    400,
    'max_tokens: Field required',
  ],
  [
    'no max_tokens where there is a budget',
    { budget: { nanos: 1e9, per: 'day' } },
    { body: { ...HELLO, max_tokens: undefined } },
    400,
    'max_tokens: Field required',
  ],
  ['no max_tokens in counting', { maxTokens: 10 }, { path: '/v1/messages/count_tokens', body: COUNT }, 200],
  ['max_tokens as text', {}, { body: { ...HELLO, max_tokens: '10' } }, 400, 'max_tokens: a whole number is required'],
  [
    'max_tokens beyond numbers',
    {},
    { body: JSON.stringify(HELLO).replace('10', '1e400') },
    400,
    'max_tokens: a whole number is required',
  ],
  [
    'a model twice',
    HAIKU,
    { body: JSON.stringify(HELLO).replace('{', `{"model":"${OPUS}",`) },
    400,
    'a name stands twice in an object of the request body',
  ],
  [
    'a model twice, in a large body',
    HAIKU,
    { body: JSON.stringify({ ...HELLO, system: 'x'.repeat(100_000) }).replace('{', `{"model":"${OPUS}",`) },
    400,
    'a name stands twice in an object of the request body',
  ],
  [
    'a model twice, once in disguise',
    HAIKU,
    { body: JSON.stringify(HELLO).replace('{', `{"mod\\u0065l":"${OPUS}",`) },
    400,
    'a name stands twice in an object of the request body',
  ],
  [
    'max_tokens twice in a batch',
    { maxTokens: 10 },
    {
      path: '/v1/messages/batches',
      body: JSON.stringify(BATCH).replace('"max_tokens"', '"max_tokens":9999,"max_tokens"'),
    },
    400,
    'a name stands twice in an object of the request body',
  ],
  ['models', {}, { method: 'GET', path: '/v1/models?limit=2' }, 200],
  [
    'an endpoint that is not open',
    { endpoints: ['messages'] },
    { method: 'GET', path: '/v1/models' },
    403,
    'this token does not open models',
  ],
  [
    'batches that are not open',
    { endpoints: ['messages'] },
    { path: '/v1/messages/batches', body: BATCH },
    403,
    'this token does not open batches',
  ],
  [
    'files that are not open',
    { endpoints: ['messages'] },
    { method: 'GET', path: '/v1/files' },
    403,
    'this token does not open files',
  ],
  ['a network that it is in', { cidr: ['10.0.0.0/8', '127.0.0.0/8'] }, {}, 200],
  [
    'a network that it is not in',
    { cidr: ['10.0.0.0/8', 'fd00::/8'] },
    {},
    403,
    'this token may not be used from this address',
  ],
  ['a grant that has expired', { expiresAt: '2020-01-01T00:00:00.000Z' }, {}, 401, 'this token has expired'],
  ['a grant whose expiry cannot be read', { expiresAt: 'soon' }, {}, 401, 'this token has expired'],
];

describe('what a grant allows', () => {
  test.each(ROWS)('%s', async (_, rights, asked, status, message) => {
    const scene = await GatewayScene.start(rights);
    const answer = await scene.ask({ ...asked, token: scene.token });
    expect([answer.status, status < 300 ? undefined : answer.json.error.message]).toEqual([status, message]);
    expect(scene.api.requests.length).toBe(status < 300 ? 1 : 0);
    if (status < 300) return;
    const type = { 400: 'invalid_request_error', 401: 'authentication_error', 403: 'permission_error' }[status];
    expect(answer.json).toEqual({ type: 'error', error: { type, message }, request_id: answer.headers['request-id'] });
  });
});

describe('who has no grant', () => {
  test.each([
    ['no token', {}],
    ['a token that is none', { token: 'ckg_0000000000000000000000000000000000000000000' }],
    ['an empty token', { headers: { 'x-api-key': '' } }],
    ['another scheme', { headers: { authorization: 'Basic Y2tnOng=' } }],
  ] as [string, Asked][])('%s is refused as the API would', async (_, asked) => {
    const scene = await GatewayScene.start();
    const answer = await scene.ask(asked);
    expect([answer.status, answer.json.error.type]).toEqual([401, 'authentication_error']);
    expect(scene.api.requests).toEqual([]);
  });

  test('the key itself is no token', async () => {
    const scene = await GatewayScene.start();
    expect((await scene.ask({ token: scene.secret })).status).toBe(401);
  });

  test('two credentials that differ are refused, two that do not are one', async () => {
    const scene = await GatewayScene.start();
    const { token } = scene;
    const other = await scene.grant();
    expect((await scene.ask({ token, headers: { authorization: `Bearer ${other}` } })).status).toBe(401);
    expect((await scene.ask({ token, headers: { authorization: `Bearer ${token}` } })).status).toBe(200);
  });
});
