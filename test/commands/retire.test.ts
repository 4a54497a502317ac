import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Organization } from '../support/organization.ts';
import { type Answer, type Standin, startStandin } from '../support/standin/index.ts';

/** The end of a replaced secret, for certain: over the Admin API. (By hand: rotate.test.ts.) */
let api: Standin;
beforeAll(async () => {
  api = await startStandin();
});
afterEach(() => {
  api.setDisturbance(null);
  api.console.switchDelayMs = 0;
});
afterAll(() => api.stop());

class Scene {
  readonly organization: Organization;
  readonly fresh: string;
  readonly old: string;

  constructor(organization: Organization) {
    this.organization = organization;
    this.old = organization.slots['prod'] ?? '';
    this.fresh = organization.make();
  }

  static async prepare(): Promise<Scene> {
    return new Scene(await Organization.with(api, { prod: {} }));
  }

  /** The same, behind `rotate prod`. */
  static async rotated(...options: string[]): Promise<Scene> {
    const scene = await Scene.prepare();
    const { code, stderr } = await scene.organization.run(['rotate', 'prod', ...options], { stdin: scene.fresh });
    expect(code, stderr).toBe(0);
    return scene;
  }

  rotate(...options: string[]) {
    return this.organization.json(['rotate', 'prod', ...options], { stdin: this.fresh });
  }

  get statuses() {
    return { old: this.organization.status(this.old), fresh: this.organization.status(this.fresh) };
  }
}

const GONE_BACK = (scene: Scene) => ({ prod: scene.old, 'prod@previous': scene.fresh });

describe('with an admin key', () => {
  test.each([
    ['at once', 0, ['--retire', 'now'], 'inactive'],
    ['after a while', 700, ['--retire', 'now'], 'inactive'],
    ['and archives it', 0, ['--retire', 'now', '--archive'], 'archived'],
  ])('rotate --retire switches the old key off, proves it dead %s and drops it', async (_, delay, options, status) => {
    const scene = await Scene.prepare();
    api.console.switchDelayMs = delay;
    const { code, document } = await scene.rotate(...options);
    expect({ code, previous: document.previous.status }).toEqual({ code: 0, previous: 'retired' });
    expect(document.steps.at(-1)).toMatchObject({ step: 'retire', status: 'done' });
    expect(scene.statuses).toEqual({ old: status, fresh: 'active' });
    expect(scene.organization.slots).toEqual({ prod: scene.fresh });
  });

  test('retire does the same later', async () => {
    const scene = await Scene.rotated();
    expect(scene.statuses).toEqual({ old: 'active', fresh: 'active' });
    expect((await scene.organization.json(['retire', 'prod', '--archive'])).document.previous.status).toBe('retired');
    expect(scene.statuses).toEqual({ old: 'archived', fresh: 'active' });
  });

  test('is undecided while the service still takes it, and goes on from there', async () => {
    const scene = await Scene.rotated();
    api.console.switchDelayMs = 60_000;
    const first = await scene.organization.json(['retire', 'prod', '--timeout', '0']);
    expect(first).toMatchObject({ code: 5, document: { error: { code: 'undecided' } } });
    expect(scene.organization.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
    api.console.switchDelayMs = 0;
    expect((await scene.organization.json(['retire', 'prod'])).code).toBe(0);
  });

  test('a grace is written down and nothing is switched off before its end', async () => {
    const scene = await Scene.prepare();
    const { document } = await scene.rotate('--retire', '24h');
    const at = new Date(scene.organization.machine.now.getTime() + 24 * 3_600_000).toISOString();
    expect(document).toMatchObject({ key: { retireAt: at }, previous: { status: 'active', retireAt: at } });
    expect(scene.statuses.old).toBe('active');
    const status = await scene.organization.run(['status']);
    expect(status.stdout).toContain('is retired by rotate --due in 1 day');
  });

  test.each([
    ['--retire', 'soon', '--retire takes now, later, never or a length of time'],
    ['--retire', '0h', '--retire takes now, later, never or a length of time'],
    ['--retire', 'never', '--archive has no use'],
  ])('refuses %s %s with --archive', async (option, value, message) => {
    const scene = await Scene.prepare();
    const { code, document } = await scene.rotate(option, value, '--archive');
    expect({ code, message: document.error.message }).toEqual({ code: 2, message: expect.stringContaining(message) });
    expect(scene.organization.slots).toEqual({ prod: scene.old });
  });
});

describe('which row is meant', () => {
  test('cannot be told when two active ones have the hint: they are listed, and neither is touched', async () => {
    const scene = await Scene.rotated();
    const { id, hint } = api.rowOf(scene.old);
    const twin = api.console.add(null, { organizationId: scene.organization.id, hint });
    const stopped = await scene.organization.json(['retire', 'prod']);
    expect(stopped).toMatchObject({ code: 1, document: { error: { code: 'ambiguous_hint' } } });
    for (const row of [id, twin.id]) expect(stopped.document.error.message).toContain(row);
    expect(scene.statuses.old).toBe('active');

    // An id that was linked before wins.
    expect((await scene.organization.json(['console', 'link', 'prod', id])).document.slot).toBe('previous');
    expect((await scene.organization.json(['retire', 'prod'])).code).toBe(0);
    expect(scene.statuses.old).toBe('inactive');
    expect(api.console.rows.find((row) => row.id === twin.id)?.status).toBe('active');
  });

  test('is never that of the current secret, whatever the registry says', async () => {
    const scene = await Scene.rotated();
    api.console.set(api.rowOf(scene.old).id, { hint: api.rowOf(scene.fresh).hint });
    const entry = scene.organization.entry('prod');
    expect(entry?.current.redacted).toBe(api.rowOf(scene.fresh).hint);
    // The id of the wrong row was linked: its hint is that of the secret in use.
    const { changeRegistry } = await import('../../src/keys/registry.ts');
    await changeRegistry(scene.organization.machine.context(), ({ registry, save }) => {
      Object.assign(registry.keys.get('prod')?.previous ?? {}, { consoleId: api.rowOf(scene.fresh).id });
      save();
    });
    const stopped = await scene.organization.json(['retire', 'prod']);
    expect(stopped).toMatchObject({ code: 1, document: { error: { code: 'ambiguous_hint' } } });
    expect(scene.statuses).toEqual({ old: 'active', fresh: 'active' });
  });

  test('is none: deleted in the Console meanwhile, the key is dead all the same', async () => {
    const scene = await Scene.rotated();
    api.console.delete(api.rowOf(scene.old).id);
    const { code, stderr } = await scene.organization.run(['retire', 'prod']);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('is not in the Console: deleted there');
    expect(scene.organization.slots).toEqual({ prod: scene.fresh });
  });
});

describe('when the current secret turns out to be dead', () => {
  test.each([
    ['before the switch', 'before'],
    ['by the switch', 'during'],
  ])('%s, the previous one works again at once and gives the name', async (_, when) => {
    const scene = await Scene.rotated();
    const kill = () => api.setKey(scene.fresh, { state: 'inactive' });
    if (when === 'before') kill();
    else {
      api.setDisturbance(({ method, path }) => {
        if (method === 'POST' && path.includes(api.rowOf(scene.old).id)) kill();
        return null;
      });
    }
    const { code, document } = await scene.organization.json(['retire', 'prod']);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'rolled_back' });
    expect(scene.statuses.old).toBe('active');
    expect(scene.organization.slots).toEqual(GONE_BACK(scene));
    expect(scene.organization.entry('prod')).toMatchObject({ change: null, retirement: null });
  });

  test('one slip of the service is not taken for that', async () => {
    const scene = await Scene.rotated();
    let calls = 0;
    api.setDisturbance(({ fingerprint }) => {
      if (fingerprint !== scene.organization.entry('prod')?.current.fingerprint) return null;
      calls += 1;
      return calls === 2 ? { answer: 'authentication_error' } : null;
    });
    expect((await scene.organization.json(['retire', 'prod'])).code).toBe(0);
  });
});

test('no answer before the switch is asked for again', async () => {
  const scene = await Scene.rotated();
  const current = scene.organization.entry('prod')?.current.fingerprint;
  let calls = 0;
  api.setDisturbance(({ fingerprint }) => {
    if (fingerprint !== current) return null;
    calls += 1;
    return calls <= 2 ? { answer: { fault: 'drop' } } : null;
  });
  expect((await scene.organization.json(['retire', 'prod'])).code).toBe(0);
});

describe('rotate --rollback', () => {
  test('makes the old row active again if it was switched off', async () => {
    const scene = await Scene.rotated('--retire', '24h');
    await scene.organization.run(['console', 'disable', api.rowOf(scene.old).id, '--yes']);
    api.console.switchDelayMs = 400;
    const { code, document } = await scene.organization.json(['rotate', 'prod', '--rollback', '--yes']);
    expect(code).toBe(0);
    expect(document.steps.map(({ step, status }: Record<string, string>) => `${step} ${status}`)).toEqual([
      'stage done',
      'activate done',
      'test done',
      'promote done',
      'publish skipped',
    ]);
    expect(scene.statuses.old).toBe('active');
    expect(scene.organization.slots).toEqual(GONE_BACK(scene));
    expect(document.key.retireAt).toBeNull();
  });

  test('to a key that is archived is refused, and nothing changes', async () => {
    const scene = await Scene.rotated();
    api.console.set(api.rowOf(scene.old).id, { status: 'archived' });
    const { code, document } = await scene.organization.json(['rotate', 'prod', '--rollback', '--yes']);
    expect({ code, error: document.error.code }).toEqual({ code: 1, error: 'standby_unusable' });
    expect(document.error.message).toContain('the previous secret of prod is archived in the Console');
    expect(scene.organization.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
  });
});

test.each<[string, Answer, number, string]>([
  ['may not do this', 'permission_error', 1, 'the admin key may not do this'],
  ['is not accepted', 'authentication_error', 1, 'does not accept the admin key'],
])('an admin key that %s: the rotation is done, the retirement is not', async (_, answer, code, message) => {
  const scene = await Scene.prepare();
  const admin = scene.organization.entry('admin')?.current.fingerprint;
  api.setDisturbance(({ fingerprint }) => (fingerprint === admin ? { answer } : null));
  const result = await scene.rotate('--retire', 'now');
  expect(result.code).toBe(code);
  expect(result.document.steps.at(-1)).toMatchObject({ step: 'retire', status: 'failed' });
  expect(result.document.steps.at(-1).message).toContain(message);
  expect(scene.organization.slots).toEqual({ prod: scene.fresh, 'prod@previous': scene.old });
  // It is still due, and `--resume` ends it once the admin key is right.
  api.setDisturbance(null);
  expect((await scene.organization.json(['rotate', 'prod', '--resume'])).document.previous.status).toBe('retired');
});

test('rotate --expires is the expiry of the new secret; without it the old one is forgotten', async () => {
  const scene = await Scene.prepare();
  await scene.organization.run(['edit', 'prod', '--expires', '30d']);
  expect((await scene.rotate('--expires', '60d')).document.key.expiresAt).toBe(
    new Date(scene.organization.machine.now.getTime() + 60 * 24 * 3_600_000).toISOString(),
  );
  const back = await scene.organization.json(['rotate', 'prod', '--rollback', '--yes']);
  expect(back.document.key.expiresAt).toBe(
    new Date(scene.organization.machine.now.getTime() + 30 * 24 * 3_600_000).toISOString(),
  );
});
