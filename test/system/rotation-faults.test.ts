import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { cleanEnvironment, PROGRAM } from '../support/program.ts';
import { type Family, RotationWorld } from '../support/rotation-world.ts';
import { type Answer, apiError, type RecordedRequest } from '../support/standin/index.ts';

/**
 * Each call of a rotation goes wrong in each way, once, each for a key of its own, and all of them in one run of
 * `rotate --due`. Meanwhile a checker process prints and tests the keys through the built program, and this process
 * looks every 20 ms at what every name gives. Behind it the next runs end what is left.
 */
const LIMIT = apiError(429, 'rate_limit_error', 'Too many requests', { headers: { 'retry-after': '1' } });

const FAULTS: Readonly<Record<string, Answer>> = {
  '401': 'authentication_error',
  '403': 'permission_error',
  '404': 'path_not_found',
  '429': LIMIT,
  '500': 'api_error',
  '529': 'overloaded',
  'time-out': { fault: 'hang' },
  'dropped connection': { fault: 'drop' },
};

const RUN = ['rotate', '--due', '--yes', '--archive'] as const;

test('every call of a rotation in every way it can fail: every name works all the time', {
  timeout: 300_000,
}, async () => {
  const calls = await countCalls();
  expect(calls).toBeGreaterThan(9);
  const waiting = Object.entries(FAULTS).values();
  const wrong: string[] = [];
  let checks = 0;
  // Two at once, since there are two cores.
  const lane = async () => {
    for (const [fault, answer] of waiting) {
      const found = await failEachCall(answer, calls);
      checks += found.checks;
      wrong.push(...found.wrong.map((what) => `${fault}: ${what}`));
    }
  };
  await Promise.all([lane(), lane()]);
  expect(wrong).toEqual([]);
  process.stderr.write(`${calls} calls, ${Object.keys(FAULTS).length} faults each, ${checks} checks\n`);
});

/** As many keys as there are calls; for the first the first call goes wrong, for the second the second, and so on. */
async function failEachCall(answer: Answer, calls: number): Promise<{ wrong: string[]; checks: number }> {
  const world = await RotationWorld.start(
    'file',
    Array.from({ length: calls }, (_, at) => `call-${at + 1}`),
  );
  const met = disturbOnce(world, answer);
  const checker = startChecker(world);
  const looker = lookAll(world);
  const first = await world.run([...RUN, '--jobs', '16']);
  // On a machine so busy that a run gives up early, a call may come in the next one only.
  if (met.size < calls) await world.run([...RUN, '--jobs', '16']);
  world.api.setDisturbance(null);
  // What a fault had ended, the next run begins anew; what it had left, the next run goes on with.
  const second = await world.run([...RUN, '--jobs', '16']);
  const { checks, failures } = await checker.stop();
  const wrong = [...failures, ...looker.stop().map((name) => `${name} gave a dead secret`)];
  const missed = world.families.filter(({ name }) => !met.has(name)).map(({ name }) => `${name} met no fault`);
  const ended = second.code === 0 ? [] : [`exit ${first.code}, then ${second.code}: ${second.stdout}`];
  return { wrong: [...wrong, ...missed, ...ended, ...world.families.flatMap((one) => wrongWith(world, one))], checks };
}

/** How many calls a rotation makes that are about its key alone. */
async function countCalls(): Promise<number> {
  const world = await RotationWorld.start('file', ['prod']);
  const owner = ownerOf(world);
  await world.must([...RUN]);
  return world.api.requests.filter((request) => owner(request) !== undefined).length;
}

/** The key that a call is about: by the secret that is tested, or by the row in the path. */
function ownerOf(world: RotationWorld): (request: RecordedRequest) => string | undefined {
  const owners = new Map<string, string>();
  for (const { name, old, standbys } of world.families) {
    for (const secret of [old, ...standbys]) {
      owners.set(world.api.fingerprintOf(secret), name);
      owners.set(world.api.rowOf(secret).id, name);
    }
  }
  return ({ path, fingerprint, headers }) => {
    if (headers['user-agent'] === 'checker') return undefined;
    const row = /\/api_keys\/([^/?]+)$/.exec(path)?.[1];
    return owners.get(row ?? fingerprint ?? '');
  };
}

/** @returns the keys whose call has gone wrong */
function disturbOnce(world: RotationWorld, answer: Answer): Set<string> {
  const owner = ownerOf(world);
  const counts = new Map<string, number>();
  const met = new Set<string>();
  world.api.setDisturbance((request) => {
    const name = owner(request);
    if (name === undefined) return null;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    if (name !== `call-${count}`) return null;
    met.add(name);
    return { answer };
  });
  return met;
}

/** One active secret, which the name gives; the old one is dead; the spare one waits as before. */
function wrongWith(world: RotationWorld, { name, old, standbys }: Family): string[] {
  const [next = '', spare = ''] = standbys;
  const states = [old, next, spare].map((secret) => world.isActive(secret)).join();
  const secrets = world.stored();
  const slots = ['', '@pending', '@previous', '@standby-1', '@standby-2'];
  const kept = slots.map((slot) => [old, next, spare].indexOf(secrets.get(`${name}${slot}`) ?? '')).join();
  if (states === 'false,true,false' && kept === '1,-1,-1,-1,2') return [];
  return [`${name}: active ${states}, kept ${kept}, ${JSON.stringify(world.entry(name).change)}`];
}

function startChecker(world: RotationWorld): { stop(): Promise<{ checks: number; failures: string[] }> } {
  const file = fileURLToPath(new URL('../support/checker.mjs', import.meta.url));
  const names = world.families.map(({ name }) => name).join();
  const [node, script] = PROGRAM;
  const child = spawn(node, [file, script, world.api.url, names], {
    env: cleanEnvironment(world.env),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  return {
    async stop() {
      child.stdin.end();
      await new Promise((resolve) => child.on('close', resolve));
      return JSON.parse(output);
    },
  };
}

/** Looks at what every name gives, every 20 ms; gives the names that had a dead secret. */
function lookAll(world: RotationWorld): { stop(): string[] } {
  const dead = new Set<string>();
  const timer = setInterval(() => {
    const secrets = world.stored();
    for (const { name } of world.families) if (!world.isActive(secrets.get(name) ?? '')) dead.add(name);
  }, 20);
  return {
    stop() {
      clearInterval(timer);
      return [...dead];
    },
  };
}
