import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Admin } from '../../src/anthropic/admin/admin.ts';
import { listConsoleKeys, retrieveConsoleKey, setConsoleStatus } from '../../src/anthropic/admin/console-keys.ts';
import { userNames, workspaceNames } from '../../src/anthropic/admin/directory.ts';
import { Secret } from '../../src/keys/secret.ts';
import { TestMachine } from '../support/host.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import {
  type Answer,
  apiError,
  CREATOR,
  DEFAULT_ORGANIZATION,
  type Standin,
  startStandin,
  WORKSPACE,
} from '../support/standin/index.ts';

/** The real SDK against the stand-in's Console, which keeps state and refuses every change that is none. */
let api: Standin;
const adminKey = makeAdminKey();
beforeAll(async () => {
  api = await startStandin();
  api.addKey(adminKey);
});
afterEach(() => api.setDisturbance(null));
afterAll(() => api.stop());

function open(options: { timeoutMs?: number; patienceMs?: number } = {}): Promise<Admin> {
  const ctx = new TestMachine().context({ env: { ANTHROPIC_BASE_URL: api.url } });
  return Admin.open(ctx, new Secret(adminKey), options);
}

/** A key in the Console; gives its row's id. */
function makeRow(): string {
  const secret = makeKey();
  api.addKey(secret);
  return api.rowOf(secret).id;
}

const limit = (seconds: number) =>
  apiError(429, 'rate_limit_error', 'Too many requests', { headers: { 'retry-after': String(seconds) } });

/** Lets the first `times` calls from now on go wrong. */
function disturb(answer: Answer, times: number, applied = false): void {
  let left = times;
  api.setDisturbance(() => {
    left -= 1;
    return left >= 0 ? { answer, applied } : null;
  });
}

describe('the keys of the Console', () => {
  test('are listed over many pages, of this organization only', async () => {
    const organizationId = 'org-many';
    const other = makeAdminKey();
    api.addKey(other, { organizationId });
    for (let at = 0; at < 2_500; at += 1) api.console.add(null, { organizationId, name: `row ${at}` });
    api.console.add(null, { organizationId: DEFAULT_ORGANIZATION, name: 'foreign' });
    const ctx = new TestMachine().context({ env: { ANTHROPIC_BASE_URL: api.url } });
    const keys = await listConsoleKeys(await Admin.open(ctx, new Secret(other)));
    expect(new Set(keys.map(({ id }) => id)).size).toBe(2_500);
    expect(keys.at(0)?.name).toBe('row 2499');
    expect(keys.some(({ name }) => name === 'foreign')).toBe(false);
  });

  test('have names for workspaces and members', async () => {
    const admin = await open();
    expect(await workspaceNames(admin)).toEqual(new Map([[WORKSPACE.id, WORKSPACE.name]]));
    expect(await userNames(admin)).toEqual(new Map([[CREATOR.id, CREATOR.name]]));
  });

  test('are switched off and on; what is so already is let be', async () => {
    const id = makeRow();
    const admin = await open();
    for (const status of ['inactive', 'inactive', 'active', 'archived', 'archived'] as const) {
      expect((await setConsoleStatus(admin, id, status)).status).toBe(status);
    }
    await expect(setConsoleStatus(admin, id, 'active')).rejects.toMatchObject({ code: 'console_refused' });
  });

  test('a switch whose answer was lost counts as done', async () => {
    const id = makeRow();
    let lost = 0;
    api.setDisturbance(({ method }) => {
      if (method !== 'POST' || lost > 0) return null;
      lost += 1;
      return { answer: { fault: 'drop' }, applied: true };
    });
    expect((await setConsoleStatus(await open(), id, 'inactive')).status).toBe('inactive');
    expect(lost).toBe(1);
  });

  test.each<[string, Answer]>([
    ['500', 'api_error'],
    ['529', 'overloaded'],
    ['429', limit(0)],
    ['a dropped connection', { fault: 'drop' }],
    ['half an answer', { fault: 'truncated' }],
    ['a proxy that is down', 'html_502'],
    ['no answer in time', { fault: 'hang' }],
  ])('are asked for again after %s', async (_, answer) => {
    const id = makeRow();
    disturb(answer, 2);
    expect((await retrieveConsoleKey(await open({ timeoutMs: 300 }), id)).id).toBe(id);
  });

  test.each<[string, Answer, string]>([
    ['401', 'authentication_error', 'key_rejected'],
    ['403', 'permission_error', 'console_refused'],
    ['400', 'unknown_400', 'console_refused'],
    ['404', 'path_not_found', 'console_key_not_found'],
    ['500 for good', 'api_error', 'undecided'],
    ['429 for longer than there is patience', limit(3_600), 'undecided'],
    ['the page of a proxy', 'html_403', 'undecided'],
    ['something else', 'foreign_200', 'undecided'],
  ])('%s is said in words', async (_, answer, code) => {
    const id = makeRow();
    disturb(answer, 100);
    await expect(retrieveConsoleKey(await open({ patienceMs: 1_000 }), id)).rejects.toMatchObject({ code });
  });

  test('retry-after holds back the other calls too', async () => {
    const ids = [makeRow(), makeRow(), makeRow()];
    const admin = await open();
    let limitedAt = 0;
    let early = 0;
    api.setDisturbance(() => {
      if (limitedAt === 0) {
        limitedAt = Date.now();
        return { answer: limit(1) };
      }
      if (Date.now() - limitedAt < 950) early += 1;
      return null;
    });
    await retrieveConsoleKey(admin, ids[0] ?? '');
    await Promise.all(ids.map((id) => retrieveConsoleKey(admin, id)));
    expect({ limited: limitedAt > 0, early }).toEqual({ limited: true, early: 0 });
  });
});

describe('the stand-in', () => {
  test('lets a switch take effect after a delay', async () => {
    const secret = makeKey();
    api.addKey(secret);
    api.console.switchDelayMs = 300;
    const models = () => fetch(`${api.url}/v1/models`, { headers: { 'x-api-key': secret, ...VERSION } });
    try {
      await setConsoleStatus(await open(), api.rowOf(secret).id, 'inactive');
      expect((await models()).status).toBe(200);
      await expect.poll(async () => (await models()).status, { timeout: 5_000 }).toBe(401);
    } finally {
      api.console.switchDelayMs = 0;
    }
  });

  test.each([
    ['inactive', 'inactive'],
    ['archived', 'active'],
    ['archived', 'inactive'],
    ['expired', 'active'],
    ['active', 'expired'],
    ['active', 'sleeping'],
  ] as const)('refuses to make a key that is %s %s', async (from, to) => {
    const { id } = api.console.add(null, { organizationId: DEFAULT_ORGANIZATION, status: from });
    const response = await fetch(`${api.url}/v1/organizations/api_keys/${id}`, {
      method: 'POST',
      headers: { 'x-api-key': adminKey, 'content-type': 'application/json', ...VERSION },
      body: JSON.stringify({ status: to }),
    });
    expect(response.status).toBe(400);
  });

  test('shows the Console to admin keys alone', async () => {
    const secret = makeKey();
    api.addKey(secret);
    const response = await fetch(`${api.url}/v1/organizations/api_keys`, {
      headers: { 'x-api-key': secret, ...VERSION },
    });
    expect(response.status).toBe(401);
  });
});

const VERSION = { 'anthropic-version': '2026-10-21' };
