import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/gateway.ts';
import { type GatewayProcess, gatewayProcess } from '../support/gateway-process.ts';
import { PROGRAM } from '../support/program.ts';
import { makeKey } from '../support/secrets.ts';
import { World } from '../support/world.ts';

/** What a crash of the gateway leaves behind, and what Node writes about itself when it is told to. */
let world: World;
let secret: string;
let token: string;
/** A key that the shell has set. */
const around = { ANTHROPIC_API_KEY: makeKey() };
beforeAll(async () => {
  world = await World.start('file');
  secret = world.makeKey();
  await world.run(['add', 'production'], { input: secret });
  token = JSON.parse((await world.run(['grant', 'create', '--label', 'dumps', '--json'])).stdout).token;
  mkdirSync(join(world.home, 'dumps'));
});
afterAll(() => world?.stop());
afterEach(() => {
  for (const file of dumps()) rmSync(file);
});

/** What this machine, or Node, calls its dumps. */
const DUMP = /^(?:core|report\.|Heap\.|CPU\.|isolate|node_trace)/;
function dumps(): string[] {
  const entries = readdirSync(world.home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.filter(({ name }) => DUMP.test(name)).map(({ parentPath, name }) => join(parentPath, name));
}

/** Where secrets stand in the home folder, which is the working folder too: as text, and as JavaScript keeps it. */
function found(): string[] {
  const needles = [secret, token, ...Object.values(around)].map((each) => each.slice(20, 60));
  const forms = needles.flatMap((needle) => [Buffer.from(needle), Buffer.from(needle, 'utf16le')]);
  return readdirSync(world.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((file) => {
      const bytes = readFileSync(file);
      return forms.some((form) => bytes.includes(form));
    });
}

/** A gateway that has used its key; `NODE_OPTIONS` as said. */
async function used(options: string): Promise<GatewayProcess> {
  const gateway = await gatewayProcess(world, [], { ...around, NODE_OPTIONS: options });
  for (let count = 0; count < 3; count += 1) expect((await ask(gateway.address, { token })).status).toBe(200);
  return gateway;
}

function crash({ child }: GatewayProcess, signal: NodeJS.Signals): Promise<NodeJS.Signals | null> {
  return new Promise((resolve) => {
    child.on('exit', (_, by) => resolve(by));
    child.kill(signal);
  });
}

/** Whether a program that crashes here leaves a core in its folder: elsewhere a service may take it. */
function leavesCores(): boolean {
  if (process.platform !== 'linux') return false;
  const cwd = mkdtempSync(join(tmpdir(), 'claude-keys-core-'));
  spawnSync('sh', ['-c', 'ulimit -c unlimited 2>/dev/null; kill -ABRT $$'], { cwd });
  const left = readdirSync(cwd).length > 0;
  rmSync(cwd, { recursive: true });
  return left;
}

const CORES = leavesCores() ? ['core'] : [];

const REPORTS = '--report-on-fatalerror --report-uncaught-exception --report-on-signal';
/** Breaks the gateway from inside, at SIGALRM. */
const BREAKS = {
  'an exception that nobody catches': `throw new Error('broken')`,
  'no memory left': 'const all = []; for (;;) all.push(new Array(100_000).fill(all.length))',
};

describe.skipIf(process.platform === 'win32')('a gateway that crashes', () => {
  test.each(['SIGABRT', 'SIGSEGV'] as const)('by %s leaves its keys nowhere', async (signal) => {
    const gateway = await used(REPORTS);
    expect(await crash(gateway, signal)).toBe(signal);
    expect(dumps().map((file) => basename(file).slice(0, 4))).toEqual(CORES);
    expect(found()).toEqual([]);
  });

  test.each(Object.entries(BREAKS))('by %s leaves its keys nowhere', async (_, code) => {
    const script = join(world.home, 'break.cjs');
    writeFileSync(script, `process.on('SIGALRM', () => { ${code} })`);
    const folder = `--diagnostic-dir=${join(world.home, 'dumps')} --max-old-space-size=64`;
    const gateway = await used(`--require ${script} --abort-on-uncaught-exception ${REPORTS} ${folder}`);
    // Node 20 ends this one by SIGTRAP.
    expect(['SIGABRT', 'SIGTRAP', 'SIGILL']).toContain(await crash(gateway, 'SIGALRM'));
    expect(dumps().map((file) => basename(file).slice(0, 4))).toEqual(CORES);
    expect(found()).toEqual([]);
    expect(gateway.output()).not.toContain(secret.slice(20, 60));
  });

  test.skipIf(CORES.length === 0)('would have left them in its core, were it not for the filter', async () => {
    const gateway = await used('');
    execFileSync('sh', ['-c', `echo 0x33 > /proc/${gateway.child.pid}/coredump_filter`]);
    await crash(gateway, 'SIGABRT');
    expect(found()).toEqual(dumps());
    expect(dumps()).toHaveLength(1);
  });
});

describe.skipIf(process.platform === 'win32')('Node, told to write about itself,', () => {
  test('writes no report of a gateway: the environment would be in it', async () => {
    const gateway = await used(REPORTS);
    expect(await crash(gateway, 'SIGUSR2')).toBe('SIGUSR2');
    expect(found()).toEqual([]);
  });

  test.each(['--heapsnapshot-signal=SIGUSR2', '--heapsnapshot-near-heap-limit=2', '--heapsnapshot_signal SIGUSR2'])(
    'by %s starts no gateway',
    async (options) => {
      const env = { ...around, NODE_OPTIONS: options };
      for (const argv of [
        ['gateway', '--listen', '127.0.0.1:0'],
        ['exec', 'production', '--shield', '--', 'true'],
      ]) {
        const { code, stderr } = await world.run(argv, { env });
        expect([code, stderr]).toEqual([6, expect.stringContaining('Node writes its memory into a file')]);
      }
    },
  );

  test('by NODE_DEBUG says nothing of the key, and the child has the variable', async () => {
    const env = { ...around, NODE_DEBUG: '*' };
    const gateway = await gatewayProcess(world, [], env);
    expect((await ask(gateway.address, { token })).status).toBe(200);
    await crash(gateway, 'SIGTERM');
    expect(gateway.output()).not.toContain(secret.slice(20, 60));

    const call = `fetch(process.env.ANTHROPIC_BASE_URL + '/v1/models', { headers: { 'anthropic-version': '2023-06-01',
      'x-api-key': process.env.ANTHROPIC_API_KEY } }).then((answer) => console.log(answer.status, process.env.NODE_DEBUG))`;
    for (const shield of [['--shield'], []]) {
      const argv = ['exec', 'production', ...shield, '--', PROGRAM[0], '-e', call];
      const { code, stdout, stderr } = await world.run(argv, { env });
      expect([code, stdout]).toEqual([0, '200 *\n']);
      expect(stderr).not.toContain(secret.slice(20, 60));
    }
  });
});
