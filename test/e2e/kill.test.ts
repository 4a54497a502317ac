import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreKind } from '../../src/stores/store.ts';
import { canStartKeyring } from '../support/keyring.ts';
import { cleanEnvironment, PROGRAM } from '../support/program.ts';
import { World } from '../support/world.ts';

/** Fewer where the suite is run once more by another Node. */
const KILLS = process.env['CLAUDE_KEYS_TEST_NODE'] ? 20 : 100;

/** How far a killed run had come. */
type Outcome = 'untouched' | 'unfinished' | 'finished';

describe.concurrent.each<StoreKind>(['file', 'keychain'])('killed at a random moment, on the store %s', (store) => {
  const here = store === 'file' || canStartKeyring();
  let world: World;
  let wholeRunMs = 0;
  let current: string;

  beforeAll(async () => {
    if (!here) return;
    world = await World.start(store);
    current = world.makeKey();
    const begun = Date.now();
    const added = await world.run(['add', 'prod'], { input: current });
    expect(added.code, added.stderr).toBe(0);
    wholeRunMs = Date.now() - begun;
  });
  afterAll(() => world?.stop());

  test.skipIf(!here)(`${KILLS} runs of rotate or add lose nothing`, { timeout: 300_000 }, async () => {
    const seen: Record<Outcome, number> = { untouched: 0, unfinished: 0, finished: 0 };
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const outcome = kill % 2 === 0 ? await killRotate(kill) : await killAdd(kill);
      seen[outcome] += 1;
      // Later after a run that came too short, earlier after one that came further: around the writes.
      // Whatever the machine was doing when the first run was measured, it comes there in a few steps.
      wholeRunMs *= outcome === 'untouched' ? 1.25 : 0.8;
    }
    // The moments were spread over the whole run, or the test would prove little.
    expect(seen.untouched).toBeGreaterThan(0);
    expect(seen.finished + seen.unfinished).toBeGreaterThan(0);
  });

  async function killRotate(kill: number): Promise<Outcome> {
    const fresh = world.makeKey();
    await startAndKill(['rotate', 'prod', '--retire', 'never'], fresh);
    expect([current, fresh]).toContain(await printed('prod'));
    const { keys, warnings } = await status();
    const key = keys.find(({ name }) => name === 'prod');
    if (key?.rotation) {
      expect(warnings).toContainEqual(expect.objectContaining({ code: 'rotation_unfinished', key: 'prod' }));
      // Behind the promotion there is no way but on.
      const ending = kill % 4 === 0 || key.rotation.step === 'publish' ? '--resume' : '--abort';
      const ended = await world.run(['rotate', 'prod', ending, '--retire', 'never']);
      const undone = ended.stderr.includes('had not been stored yet');
      expect(ended.code, ended.stderr).toBe(undone ? 1 : 0);
      expect(await printed('prod')).toBe(ending === '--resume' && !undone ? fresh : current);
    }
    if (warnings.some(({ code }) => code === 'previous_active')) {
      expect((await world.run(['retire', 'prod', '--forget', '--yes'])).code).toBe(0);
    }
    const now = await printed('prod');
    expect((await status()).warnings).toEqual([]);
    const outcome = key?.rotation ? 'unfinished' : now === fresh ? 'finished' : 'untouched';
    current = now;
    return outcome;
  }

  async function killAdd(kill: number): Promise<Outcome> {
    const name = `key-${kill}`;
    const fresh = world.makeKey();
    await startAndKill(['add', name], fresh);
    const { keys, warnings } = await status();
    expect(await printed('prod')).toBe(current);
    const there = keys.some((key) => key.name === name);
    if (there) expect(await printed(name)).toBe(fresh);
    const unfinished = warnings.some(({ code, key }) => code === 'add_unfinished' && key === name);
    if (unfinished) {
      expect(there).toBe(false);
      const ended = await world.run(['rotate', name, kill % 4 === 1 ? '--resume' : '--abort']);
      expect(ended.stderr.includes('had not been stored yet') ? 1 : 0, ended.stderr).toBe(ended.code);
      expect((await status()).warnings).toEqual([]);
    }
    await world.run(['remove', name, '--yes']);
    return unfinished ? 'unfinished' : there ? 'finished' : 'untouched';
  }

  async function startAndKill(args: readonly string[], input: string): Promise<void> {
    const [node, script] = PROGRAM;
    const child = spawn(node, [script, ...args], {
      cwd: world.home,
      env: cleanEnvironment(world.env),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = new Promise((resolve) => child.on('exit', resolve));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    await Promise.race([ended, sleep(wholeRunMs * (0.4 + 0.8 * Math.random()))]);
    child.kill('SIGKILL');
    await ended;
  }

  async function printed(name: string): Promise<string> {
    const { code, stdout, stderr } = await world.run(['print', name]);
    expect(code, stderr).toBe(0);
    return stdout.trimEnd();
  }

  async function status(): Promise<StatusDocument> {
    JSON.parse(readFileSync(join(world.home, 'claude-keys', 'registry.json'), 'utf8'));
    const { code, stdout, stderr } = await world.run(['status', '--json']);
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  }
});

interface StatusDocument {
  readonly keys: { readonly name: string; readonly rotation: { readonly step: string } | null }[];
  readonly warnings: { readonly code: string; readonly key?: string }[];
}
