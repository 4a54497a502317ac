import { onTestFinished } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';
import { makeAdminKey } from '../support/secrets.ts';
import { type Standin, startStandin, WORKSPACE } from '../support/standin/index.ts';

const DAY_MS = 86_400_000;

/** Days before 2026-11-24, the machine's day, as `2026-11-24`. */
export const daysAgo = (days: number): string =>
  new Date(Date.parse('2026-11-24') - days * DAY_MS).toISOString().slice(0, 10);

export interface Scene {
  readonly api: Standin;
  readonly machine: TestMachine;
  /** The Console's id of a key. */
  readonly id: (name: string) => string;
  run(argv: readonly string[], options?: TestOptions): ReturnType<TestMachine['run']>;
}

/** A machine with an admin key and two others, whose organization uses nothing yet. */
export async function usageScene(): Promise<Scene> {
  const api = await startStandin();
  onTestFinished(() => api.stop());
  const machine = new TestMachine();
  api.addKey(await storeKey(machine, 'admin', { secret: makeAdminKey(), kind: 'admin' }));
  const ids = new Map<string, string>();
  for (const name of ['production', 'ci']) {
    const secret = await storeKey(machine, name, { addedAt: '2026-01-01T00:00:00.000Z' });
    api.addKey(secret);
    ids.set(name, api.rowOf(secret).id);
  }
  return {
    api,
    machine,
    id: (name) => ids.get(name) ?? '',
    run: (argv, options = {}) =>
      machine.run(argv, { ...options, env: { ANTHROPIC_BASE_URL: api.url, NO_COLOR: '1', ...options.env } }),
  };
}

/** A month and more of two keys: `production` every day, `ci` on working days. */
export function useSteadily({ api, id }: Scene, days = 60): void {
  for (let ago = days; ago >= 0; ago -= 1) {
    api.analytics.add(
      {
        day: daysAgo(ago),
        keyId: id('production'),
        model: 'claude-sonnet-5-5',
        workspaceId: WORKSPACE.id,
        requests: 120,
        input: 400_000,
        output: 90_000,
        cacheRead: 1_000_000,
        cents: '200',
      },
      {
        day: daysAgo(ago),
        keyId: id('ci'),
        model: 'claude-haiku-5-5',
        workspaceId: null,
        requests: 30,
        input: 50_000,
        output: 9_000,
        cacheWrite5m: 1_000,
        cents: '25.5',
      },
    );
  }
}
