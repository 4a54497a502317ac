import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { type ConsoleRow, CREATOR, type Standin, startStandin, WORKSPACE } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api.stop());

const DAY_MS = 24 * 3_600_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

/** An organization of its own with an admin key, which is stored. */
class Scene {
  readonly machine = new TestMachine();
  readonly organizationId = `org-${makeKey().slice(20, 40)}`;

  static async prepare(): Promise<Scene> {
    const scene = new Scene();
    scene.machine.now = new Date();
    const secret = makeAdminKey();
    api.addKey(secret, { organizationId: scene.organizationId });
    await storeKey(scene.machine, 'admin', { kind: 'admin', secret, organizationId: scene.organizationId });
    return scene;
  }

  /** A key made in the Console and, with a name, stored here. */
  async make(name: string | null, row: Partial<ConsoleRow> = {}): Promise<ConsoleRow> {
    const secret = makeKey();
    api.addKey(secret, { organizationId: this.organizationId }, row);
    if (name !== null) await storeKey(this.machine, name, { secret, organizationId: this.organizationId });
    return api.rowOf(secret);
  }

  run(argv: readonly string[], options: TestOptions = {}) {
    return this.machine.run(argv, { ...options, env: { ANTHROPIC_BASE_URL: api.url, ...options.env } });
  }

  async json(argv: readonly string[]) {
    const { code, stdout } = await this.run([...argv, '--json']);
    return { code, document: JSON.parse(stdout) };
  }

  status(row: ConsoleRow) {
    return api.console.rows.find(({ id }) => id === row.id)?.status;
  }
}

describe('console list', () => {
  test('shows every key, which are stored here, and which nobody remembers', async () => {
    const scene = await Scene.prepare();
    const stored = await scene.make('prod', { createdAt: daysAgo(200) });
    const young = await scene.make(null, { createdAt: daysAgo(5) });
    const old = await scene.make(null, { createdAt: daysAgo(200), expiresAt: daysAgo(-30) });
    const off = await scene.make(null, { createdAt: daysAgo(200), status: 'inactive' });
    const { code, document } = await scene.json(['console', 'list']);
    expect(code).toBe(0);
    expect(document.forgottenAfterDays).toBe(90);
    const keys = Object.fromEntries(document.keys.map((key: { id: string }) => [key.id, key]));
    expect(keys[stored.id]).toEqual({
      id: stored.id,
      name: stored.name,
      status: 'active',
      hint: stored.hint,
      workspaceId: WORKSPACE.id,
      workspace: WORKSPACE.name,
      createdBy: CREATOR.id,
      creator: CREATOR.name,
      createdAt: stored.createdAt,
      expiresAt: null,
      stored: { name: 'prod', slot: 'current', by: 'hint' },
      forgotten: false,
    });
    expect(keys[old.id]).toMatchObject({ stored: null, forgotten: true, expiresAt: old.expiresAt });
    expect([young, off].map(({ id }) => keys[id].forgotten)).toEqual([false, false]);

    const forgotten = await scene.json(['console', 'list', '--forgotten', '--older-than', '1']);
    expect(forgotten.document.keys.map(({ id }: { id: string }) => id).sort()).toEqual([young.id, old.id].sort());
    const text = await scene.run(['console', 'list']);
    expect(text.stdout).toContain('forgotten?');
    expect(text.stderr).toContain('1 active key is over 90 days old and held by nobody here');
  });

  test('finds what it needs in thousands', async () => {
    const scene = await Scene.prepare();
    const { organizationId } = scene;
    for (let at = 0; at < 3_000; at += 1) api.console.add(null, { organizationId });
    await scene.make('prod');
    const { document } = await scene.json(['console', 'list']);
    expect(document.keys).toHaveLength(3_001);
    expect(document.keys.filter(({ stored }: { stored: unknown }) => stored !== null)).toHaveLength(1);
  });

  test.each([
    ['no admin key', [], 2, 'admin_key_needed'],
    ['another kind', ['--admin-key', 'prod'], 2, 'usage'],
    ['a name that is not there', ['--admin-key', 'nobody'], 3, 'key_not_found'],
  ])('with %s says so', async (_, options, code, error) => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    const { code: found, stdout } = await machine.run(['console', 'list', ...options, '--json'], {
      env: { ANTHROPIC_BASE_URL: api.url },
    });
    expect({ found, error: JSON.parse(stdout).error.code }).toEqual({ found: code, error });
  });

  test('with several admin keys takes the one that is named', async () => {
    const scene = await Scene.prepare();
    const secret = makeAdminKey();
    api.addKey(secret);
    await storeKey(scene.machine, 'other', { kind: 'admin', secret });
    expect((await scene.json(['console', 'list'])).document.error.code).toBe('admin_key_needed');
    expect((await scene.json(['console', 'list', '--admin-key', 'admin'])).code).toBe(0);
  });
});

describe('console link', () => {
  test('remembers id, workspace and expiry', async () => {
    const scene = await Scene.prepare();
    const row = await scene.make('prod', { expiresAt: daysAgo(-30) });
    const { document } = await scene.json(['console', 'link', 'prod', row.id]);
    const linked = { consoleId: row.id, workspace: WORKSPACE.id, expiresAt: row.expiresAt };
    expect(document.key).toMatchObject(linked);
    expect((await scene.json(['status', 'prod'])).document.keys[0]).toMatchObject(linked);
    expect((await scene.json(['console', 'list'])).document.keys[0].stored).toMatchObject({ name: 'prod', by: 'id' });
  });

  test.each([
    ['another key', (_: ConsoleRow, other: ConsoleRow) => other.id, 2, 'usage'],
    ['no key', () => 'apikey_01Nothing', 3, 'console_key_not_found'],
    ['no id', () => '../me', 2, 'usage'],
  ])('refuses %s', async (_, id, code, error) => {
    const scene = await Scene.prepare();
    const [row, other] = [await scene.make('prod'), await scene.make(null)];
    expect(await scene.json(['console', 'link', 'prod', id(row, other)])).toMatchObject({
      code,
      document: { error: { code: error } },
    });
    expect(readRegistry(scene.machine.context()).keys.get('prod')?.current.consoleId).toBeUndefined();
  });
});

describe('console disable and enable', () => {
  test('ask, naming the key that would stop working', async () => {
    const scene = await Scene.prepare();
    const row = await scene.make('prod');
    const refused = await scene.run(['console', 'disable', row.id]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('the current secret of prod') });
    expect(scene.status(row)).toBe('active');
    expect((await scene.json(['console', 'disable', row.id, '--yes'])).document.key.status).toBe('inactive');
    expect(scene.status(row)).toBe('inactive');
    expect((await scene.run(['console', 'disable', row.id])).stderr).toContain('is inactive, as it was');
    expect((await scene.run(['console', 'enable', row.id, '--yes'])).code).toBe(0);
    expect(scene.status(row)).toBe('active');
  });

  test('take the hint that the Console shows, where one key alone has it', async () => {
    const scene = await Scene.prepare();
    const row = await scene.make('prod');
    const hint: string = (await scene.json(['status', 'prod'])).document.keys[0].redacted;
    expect((await scene.run(['console', 'disable', hint, '--yes'])).code).toBe(0);
    expect(scene.status(row)).toBe('inactive');
    const other = hint.replace(/-[\w-]{3}\.\.\./, '-000...');
    expect((await scene.json(['console', 'disable', other, '--yes'])).document.error.code).toBe(
      'console_key_not_found',
    );
  });

  test('say that a key is archived for good', async () => {
    const scene = await Scene.prepare();
    const row = await scene.make(null, { status: 'archived' });
    expect(await scene.json(['console', 'enable', row.id, '--yes'])).toMatchObject({
      code: 1,
      document: { error: { code: 'console_refused' } },
    });
  });
});

test.each([
  [['console', 'list', 'more'], 'takes nothing more'],
  [['console', 'link', 'prod'], 'takes NAME and ID'],
  [['console', 'disable'], 'takes ID-OR-HINT'],
])('%j is told what it takes', async (argv, message) => {
  const scene = await Scene.prepare();
  expect(await scene.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});
