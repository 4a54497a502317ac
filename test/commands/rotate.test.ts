import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRegistry } from '../../src/keys/registry.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeAdminKey, makeKey } from '../support/secrets.ts';
import { DEFAULT_ORGANIZATION, type Standin, type StandinKey, startStandin } from '../support/standin/index.ts';

let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterAll(() => api.stop());

class Scene {
  readonly machine = new TestMachine();
  readonly old = makeKey();
  readonly fresh = makeKey();

  /** A machine with the key `prod`, and a new secret made in the Console. */
  static async prepare(fresh: Partial<StandinKey> = {}): Promise<Scene> {
    const scene = new Scene();
    api.addKey(scene.old);
    api.addKey(scene.fresh, fresh);
    await storeKey(scene.machine, 'prod', { secret: scene.old, organizationId: DEFAULT_ORGANIZATION });
    return scene;
  }

  run(argv: readonly string[], options: TestOptions = {}) {
    return this.machine.run(argv, {
      stdin: this.fresh,
      ...options,
      env: { ANTHROPIC_BASE_URL: api.url, ...options.env },
    });
  }

  async json(argv: readonly string[]) {
    const { code, stdout } = await this.run([...argv, '--json']);
    return { code, document: JSON.parse(stdout) };
  }

  get slots(): Record<string, string> {
    return Object.fromEntries([...this.machine.keychain.slots].map(([slot, secret]) => [slot, secret.reveal()]));
  }

  get entry() {
    return readRegistry(this.machine.context()).keys.get('prod');
  }
}

describe('rotate', () => {
  test('stages, tests, promotes, and keeps the old secret until it is retired', async () => {
    const scene = await Scene.prepare();
    const { code, document } = await scene.json(['rotate', 'prod']);
    expect(code).toBe(0);
    expect(document.steps.map(({ step, status }: Record<string, string>) => [step, status])).toEqual([
      ['stage', 'done'],
      ['test', 'done'],
      ['promote', 'done'],
      ['publish', 'skipped'],
      ['retire', 'pending'],
    ]);
    expect(document.previous).toEqual({
      redacted: `${scene.old.slice(0, 16)}...${scene.old.slice(-4)}`,
      status: 'active',
    });
    expect(document.key).toMatchObject({ rotation: null, lastCheck: { status: 'valid' } });
    expect(scene.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
  });

  test.each([
    ['a rejected secret', { state: 'rejected' }, 1, 'key_rejected'],
    ['a secret of a disabled organization', { answer: 'organization_disabled' }, 1, 'key_rejected'],
    [
      'a secret of another organization',
      { organizationId: '99999999-2222-4333-8444-555555555555' },
      1,
      'other_organization',
    ],
  ] as const)('refuses %s and changes nothing', async (_, key, code, error) => {
    const scene = await Scene.prepare(key);
    const before = scene.entry;
    const result = await scene.json(['rotate', 'prod']);
    expect(result).toMatchObject({ code, document: { error: { code: error } } });
    expect(scene.entry).toEqual(before);
    expect(scene.slots).toEqual({ prod: scene.old });
  });

  test('finds out the organization of a key that was stored untested', async () => {
    const scene = await Scene.prepare({ organizationId: '99999999-2222-4333-8444-555555555555' });
    await scene.run(['add', 'other', '--no-verify'], { stdin: makeKeyOf(api) });
    const result = await scene.json(['rotate', 'other']);
    expect(result).toMatchObject({ code: 1, document: { error: { code: 'other_organization' } } });
    expect((await scene.json(['rotate', 'other', '--allow-other-org'])).code).toBe(0);
  });

  test.each([
    ['the same secret', (scene: Scene) => scene.old, 'prod already has this secret'],
    ['a key of another kind', () => makeAdminKey(), 'of the kind admin'],
    ['a cut-off key', (scene: Scene) => scene.fresh.slice(0, 60), 'it was cut off'],
  ])('refuses %s', async (_, secret, message) => {
    const scene = await Scene.prepare();
    const result = await scene.run(['rotate', 'prod'], { stdin: secret(scene) });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(message);
    expect(scene.slots).toEqual({ prod: scene.old });
  });

  test('keeps a secret staged that could not be tested, until it can', async () => {
    const scene = await Scene.prepare({ answer: 'overloaded' });
    const first = await scene.json(['rotate', 'prod']);
    expect(first).toMatchObject({
      code: 5,
      document: { error: { code: 'undecided', hint: expect.stringContaining('--resume') } },
    });
    expect(scene.slots).toEqual({ prod: scene.old, 'prod@pending': scene.fresh });
    expect((await scene.json(['rotate', 'prod'])).document.error.code).toBe('unfinished_change');
    expect((await scene.json(['rotate', 'prod', '--resume'])).code).toBe(5);
    api.setKey(scene.fresh, { answer: null });
    expect((await scene.json(['rotate', 'prod', '--resume'])).code).toBe(0);
    expect(scene.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
  });

  test('refuses a further rotation while a replaced secret is kept', async () => {
    const scene = await Scene.prepare();
    await scene.run(['rotate', 'prod']);
    const again = await scene.run(['rotate', 'prod'], { stdin: makeKeyOf(api) });
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('claude-keys retire prod') });
  });

  test('says when Claude Code will ask to approve the new key', async () => {
    const scene = await Scene.prepare();
    const approved = { customApiKeyResponses: { approved: [scene.old.slice(-20)], rejected: [] } };
    writeFileSync(join(scene.machine.home, '.claude.json'), JSON.stringify(approved));
    expect((await scene.run(['rotate', 'prod'])).stderr).toContain('Claude Code will ask once to approve the new key');
    await scene.run(['retire', 'prod', '--forget', '--yes']);
    expect((await scene.run(['rotate', 'prod'], { stdin: makeKeyOf(api) })).stderr).not.toContain('Claude Code');
  });

  test('--retire never forgets the old secret and says that it still works', async () => {
    const scene = await Scene.prepare();
    const { code, document } = await scene.json(['rotate', 'prod', '--retire', 'never']);
    expect({ code, previous: document.previous.status }).toEqual({ code: 0, previous: 'forgotten' });
    expect(scene.slots).toEqual({ prod: scene.fresh });
  });

  test('--retire now ends the old one if it is disabled, and says which row to disable if not', async () => {
    const dead = await Scene.prepare();
    api.setKey(dead.old, { state: 'inactive' });
    expect(await dead.json(['rotate', 'prod', '--retire', 'now'])).toMatchObject({
      code: 0,
      document: { previous: { status: 'retired' } },
    });
    expect(dead.slots).toEqual({ prod: dead.fresh });

    const alive = await Scene.prepare();
    const result = await alive.run(['rotate', 'prod', '--retire', 'now']);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain(`disable ${alive.old.slice(0, 16)}...${alive.old.slice(-4)} in the Console`);
    expect(alive.slots).toEqual({ prod: alive.fresh, 'prod@previous': alive.old });
  });

  test('--rollback swaps the two secrets, if the previous one still works', async () => {
    const scene = await Scene.prepare();
    await scene.run(['rotate', 'prod']);
    expect((await scene.json(['rotate', 'prod', '--rollback'])).document.error.code).toBe('confirmation_needed');
    expect((await scene.json(['rotate', 'prod', '--rollback', '--yes'])).code).toBe(0);
    expect(scene.slots).toEqual({ prod: scene.old, 'prod@previous': scene.fresh });

    api.setKey(scene.fresh, { state: 'inactive' });
    const dead = await scene.json(['rotate', 'prod', '--rollback', '--yes']);
    expect(dead).toMatchObject({ code: 1, document: { error: { code: 'key_rejected' } } });
    expect(scene.slots).toEqual({ prod: scene.old, 'prod@previous': scene.fresh });
  });

  test.each([
    [['rotate', 'prod', '--resume'], 'no rotation of prod is under way'],
    [['rotate', 'prod', '--abort'], 'no rotation of prod is under way'],
    [['rotate', 'prod', '--rollback', '--yes'], 'prod has no previous secret'],
    [['rotate', 'prod', '--resume', '--abort'], 'cannot be used together'],
    [['retire', 'prod'], 'prod has no previous secret to retire'],
  ])('%j has nothing to do', async (argv, message) => {
    const scene = await Scene.prepare();
    expect(await scene.run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('retire', () => {
  async function rotated(): Promise<Scene> {
    const scene = await Scene.prepare();
    await scene.run(['rotate', 'prod']);
    return scene;
  }

  test('drops the old secret once it is rejected', async () => {
    const scene = await rotated();
    api.setKey(scene.old, { state: 'inactive' });
    expect(await scene.json(['retire', 'prod'])).toMatchObject({
      code: 0,
      document: { previous: { status: 'retired' } },
    });
    expect(scene.slots).toEqual({ prod: scene.fresh });
    expect(scene.entry?.previous).toBeNull();
  });

  test('waits for a person to disable it', async () => {
    const scene = await rotated();
    setTimeout(() => api.setKey(scene.old, { state: 'inactive' }), 500);
    expect((await scene.json(['retire', 'prod', '--timeout', '10'])).code).toBe(0);
  });

  test.each([
    ['still works', { state: 'active' }, {}, 1, 'still_active'],
    ['cannot be asked about', { answer: 'overloaded' }, {}, 5, 'undecided'],
    ['is rejected, but so is the current one', { state: 'inactive' }, { state: 'inactive' }, 1, 'key_rejected'],
  ] as const)('keeps the old secret when it %s', async (_, old, fresh, code, error) => {
    const scene = await rotated();
    api.setKey(scene.old, old);
    api.setKey(scene.fresh, fresh);
    expect(await scene.json(['retire', 'prod'])).toMatchObject({ code, document: { error: { code: error } } });
    expect(scene.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
  });

  test('--forget drops it unchecked, after a yes', async () => {
    const scene = await rotated();
    expect((await scene.json(['retire', 'prod', '--forget'])).document.error.code).toBe('confirmation_needed');
    expect((await scene.json(['retire', 'prod', '--forget', '--yes'])).document.previous.status).toBe('forgotten');
    expect(scene.slots).toEqual({ prod: scene.fresh });
  });
});

function makeKeyOf(standin: Standin): string {
  const key = makeKey();
  standin.addKey(key);
  return key;
}
