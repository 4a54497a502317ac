import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { historyOf } from '../../src/keys/history.ts';
import { canStartKeyring } from '../support/keyring.ts';
import { type Family, RotationWorld } from '../support/rotation-world.ts';

/**
 * SIGKILL behind every single write and every answer of a full rotation (from standby, with a target and retirement),
 * and then `rotate --due --yes` again. The points are counted in a run that is not killed; none is left out.
 */
const RUN = ['rotate', '--due', '--yes', '--archive'] as const;
/** How long the service goes on with what it knew before a switch. */
const SWITCH_DELAY_MS = 150;

/** Kills at one point, lets the next run end it, and says what is wrong then. */
async function killAndEnd(
  world: RotationWorld,
  { name, old, standbys }: Family,
  at: number,
  argv: readonly string[] = RUN,
) {
  const killed = await world.run(argv, { killer: true, env: { KILL_AT: String(at) } });
  if (killed.signal !== 'SIGKILL') return [`was not killed: exit ${killed.code} ${killed.stderr}`];
  const wrong: string[] = [];
  if (!world.isActive(await world.given(name))) wrong.push('gives a dead secret behind the kill');
  const atTarget = world.published(name)?.['value'];
  if (atTarget !== undefined && !world.isActive(String(atTarget))) wrong.push('the target gives a dead secret');
  const ended = await world.run([...argv, '--json']);
  if (ended.code !== 0) wrong.push(`the next run exits ${ended.code}: ${ended.stdout}`);
  const [next = '', spare = ''] = standbys;
  const works = await Promise.all([old, next, spare].map((secret) => world.works(secret)));
  if (works.join() !== 'false,true,false') wrong.push(`old, new, spare work: ${works.join()}`);
  const kept = await world.kept(name);
  const names = Object.entries(kept).map(([slot, secret]) => `${slot} ${[old, next, spare].indexOf(secret)}`);
  if (names.join() !== 'current 1,standby-2 2') wrong.push(`in the store: ${names.join()}`);
  const published = world.published(name);
  if (published !== null && JSON.stringify(published) !== JSON.stringify({ value: next })) {
    wrong.push(
      `the target holds ${Object.keys(published)}, ${published['value'] === next ? '' : 'not '}the new secret`,
    );
  }
  const { change, previous, pending, retirement, standby, current } = world.entry(name);
  const rest = JSON.stringify({ change, previous, pending, retirement });
  if (rest !== '{"change":null,"previous":null,"pending":null,"retirement":null}') wrong.push(`is not over: ${rest}`);
  const states = standby.map(({ number, state }: { number: number; state: string }) => `${number} ${state}`);
  if (states.join() !== '2 ready') wrong.push(`standbys: ${states.join()}`);
  if (current.redacted !== `${next.slice(0, 16)}...${next.slice(-4)}`) wrong.push('the registry knows another secret');
  const events = historyOf(world.context(), name).map(({ event }) => event);
  if (events.join() !== 'rotated,retired') wrong.push(`history: ${events.join()}`);
  return wrong;
}

async function countPoints(world: RotationWorld): Promise<string[]> {
  const log = join(world.home, 'points');
  const { code, stderr } = await world.run([...RUN], { killer: true, env: { KILL_LOG: log } });
  expect(code, stderr).toBe(0);
  return readFileSync(log, 'utf8').trimEnd().split('\n');
}

test('killed at every point, on the file store: nothing is lost', { timeout: 300_000 }, async () => {
  // Two worlds, since there are two cores.
  const worlds = await Promise.all([1, 2].map(() => RotationWorld.start('file', ['prod'])));
  for (const { api } of worlds) api.console.switchDelayMs = SWITCH_DELAY_MS;
  const points = await countPoints(worlds[0] as RotationWorld);
  expect(points.filter((point) => point.startsWith('rename')).length).toBeGreaterThan(10);
  expect(points.filter((point) => /^(GET|POST) /.test(point)).length).toBeGreaterThan(7);
  expect(points.filter((point) => /^(?:GET|POST) \/v1\/secret\/data\//.test(point)).length).toBeGreaterThan(2);
  const waiting = points.entries();
  const wrong: string[] = [];
  await Promise.all(
    worlds.map(async (world) => {
      for (const [index, point] of waiting) {
        world.reset();
        const found = await killAndEnd(world, world.families[0] as Family, index + 1);
        wrong.push(...found.map((what) => `behind point ${index + 1}, ${point}: ${what}`));
      }
    }),
  );
  expect(wrong).toEqual([]);
  process.stderr.write(`killed at ${points.length} points\n`);
});

test.skipIf(!canStartKeyring())('killed behind every write to a real keychain', { timeout: 300_000 }, async () => {
  const spare = 8;
  const world = await RotationWorld.start(
    'keychain',
    Array.from({ length: spare }, (_, at) => `key-${at}`),
  );
  const [first, ...others] = world.families as [Family, ...Family[]];
  const log = join(world.home, 'points');
  // One key a run, since what is in a keychain is not put back.
  const only = (name: string) => ['rotate', '--due', name, '--yes', '--archive'];
  const counted = await world.run(only(first.name), { killer: true, env: { KILL_LOG: log } });
  expect(counted.code, counted.stderr).toBe(0);
  const points = readFileSync(log, 'utf8').trimEnd().split('\n');
  const chosen = points.flatMap((point, index) => (point.startsWith('keychain ') ? [index + 1] : []));
  expect(chosen.length).toBeGreaterThan(4);
  expect(chosen.length).toBeLessThan(spare);
  const wrong: string[] = [];
  for (const [at, number] of chosen.entries()) {
    const family = others[at] as Family;
    const found = await killAndEnd(world, family, number, only(family.name));
    wrong.push(...found.map((what) => `behind ${points[number - 1]}: ${what}`));
  }
  expect(wrong).toEqual([]);
});
