import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

// The stand-in must be as strict as the service: a program that works with it must work there.
let standin: Standin;
const key = makeKey();
const admin = makeAdminKey();

beforeAll(async () => {
  standin = await startStandin();
  standin.addKey(key);
  standin.addKey(admin);
});
afterAll(() => standin.stop());

const VERSION = { 'anthropic-version': '2026-10-21' };
const MESSAGE = { model: 'claude-haiku-5-5', max_tokens: 1, messages: [{ role: 'user', content: 'Hi' }] };

async function post(body: unknown, headers: Record<string, string> = { 'x-api-key': key, ...VERSION }) {
  const response = await fetch(`${standin.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { error?: { type: string; message: string } } };
}

describe('the stand-in API', () => {
  test.each([
    ['x-api-key', { 'x-api-key': key }, 200],
    ['a Bearer', { authorization: `Bearer ${key}` }, 200],
    ['none', {}, 401],
    ['an unknown key', { 'x-api-key': makeKey() }, 401],
    ['an admin key', { 'x-api-key': admin }, 401],
  ])('takes as credential: %s', async (_, headers, status) => {
    expect((await post(MESSAGE, { ...(headers as Record<string, string>), ...VERSION })).status).toBe(status);
  });

  test.each([
    ['no version', MESSAGE, { 'x-api-key': key }, 'anthropic-version: header is required'],
    ['no JSON', '{', undefined, 'The request body is not valid JSON'],
    ['no model', { ...MESSAGE, model: undefined }, undefined, 'model: Field required'],
    ['no tokens', { ...MESSAGE, max_tokens: 0 }, undefined, 'max_tokens: must be 1 or more'],
    ['no messages', { ...MESSAGE, messages: [] }, undefined, 'messages: at least one message is required'],
    ['an unknown field', { ...MESSAGE, colour: 1 }, undefined, 'colour: Extra inputs are not permitted'],
    ['temperature', { ...MESSAGE, temperature: 1 }, undefined, 'temperature: is not supported'],
    ['top_p', { ...MESSAGE, top_p: 1 }, undefined, 'top_p: is not supported'],
    ['top_k', { ...MESSAGE, top_k: 1 }, undefined, 'top_k: is not supported'],
  ])('refuses %s', async (_, body, headers, message) => {
    const answer = await post(body, headers as Record<string, string> | undefined);
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error', message } } });
  });

  test('does not know the model', async () => {
    const answer = await post({ ...MESSAGE, model: 'claude-3-opus-20240229' });
    expect(answer).toMatchObject({ status: 404, body: { error: { message: 'model: claude-3-opus-20240229' } } });
  });

  test('runs as a process of its own, with a control address', async () => {
    const script = fileURLToPath(new URL('../support/standin/serve.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    onTestFinished(() => void child.kill());
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { url, control } = JSON.parse(line.toString()) as { url: string; control: string };
    const tell = (method: string, path: string, body?: unknown) =>
      fetch(`${control}/_standin/${path}`, { method, body: body === undefined ? null : JSON.stringify(body) });
    const ask = async () => (await fetch(`${url}/v1/models`, { headers: { 'x-api-key': key, ...VERSION } })).status;
    expect(await ask()).toBe(401);
    await tell('POST', 'keys', { secret: key });
    expect(await ask()).toBe(200);
    await tell('PATCH', 'keys', { key, state: 'inactive' });
    expect(await ask()).toBe(401);
    await tell('PUT', 'answer', { answer: 'overloaded' });
    expect(await ask()).toBe(529);
    expect(await (await tell('GET', 'requests')).json()).toHaveLength(4);
    const ended = once(child, 'exit');
    child.stdin.end();
    await ended;
  });
});
