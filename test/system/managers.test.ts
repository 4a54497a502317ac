import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KINDS, MANAGERS, type Manager, READY, startReader } from '../support/managers/scene.ts';
import { cleanEnvironment, PROGRAM, run, runProgram } from '../support/program.ts';
import { makeKey } from '../support/secrets.ts';
import { type Standin, startStandin } from '../support/standin/index.ts';

const LOADED_LIST = fileURLToPath(new URL('../support/loaded.cjs', import.meta.url));

/** The built program with each manager: what it loads, what its child gets, and what a real kill leaves. */
const CLIENTS = {
  aws: '@aws-sdk/client-secrets-manager',
  vault: null,
  google: '@google-cloud/secret-manager',
} as const;
const OTHERS = [...Object.values(CLIENTS), '@kubernetes/client-node', '@anthropic-ai/sdk'];
/** A write behind the staging of the new secret. */
const STAGED = { aws: 2, vault: 2, google: 5 } as const;

describe.each(KINDS)('the program with %s', (kind) => {
  const runs = READY[kind]();
  const home = mkdtempSync(join(tmpdir(), 'claude-keys-managers-'));
  let manager: Manager;
  let api: Standin;
  let env: Record<string, string>;

  beforeAll(async () => {
    if (!runs) return;
    [manager, api] = await Promise.all([MANAGERS[kind](), startStandin()]);
    const own = { HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys'), ANTHROPIC_BASE_URL: api.url };
    env = { ...manager.env, ...own };
  }, 60_000);
  afterAll(async () => {
    await Promise.all([manager?.stop(), api?.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  const newKey = () => {
    const key = makeKey();
    api.addKey(key);
    return key;
  };

  test.skipIf(!runs)('loads that client alone for print, and hands the key to a child', async () => {
    const key = newKey();
    const uri = manager.at('built');
    expect(await runProgram(['add', 'prod', '--store', uri], { env, input: key })).toMatchObject({ code: 0 });
    const [node, script] = PROGRAM;
    const list = join(home, 'loaded');
    const printing = ['--require', LOADED_LIST, script, 'print', 'prod'];
    const printed = await run(node, printing, { env: { ...env, LOADED: list } });
    expect(printed).toMatchObject({ code: 0, stdout: `${key}\n` });
    const files = readFileSync(list, 'utf8');
    const loaded = OTHERS.filter((name) => name !== null && files.includes(`node_modules/${name}/`));
    expect(loaded).toEqual([CLIENTS[kind]].filter((name) => name !== null));
    const nowhere = { ...env, CLAUDE_KEYS_HOME: join(home, 'nowhere') };
    const child = ['exec', '--from', uri, '--', process.execPath, '-p', 'process.env.ANTHROPIC_API_KEY'];
    expect(await runProgram(child, { env: nowhere })).toMatchObject({ code: 0, stdout: `${key}\n`, stderr: '' });
    const { stdout } = await runProgram(['status'], { env: nowhere });
    expect(stdout).toMatch(/No keys are stored yet/);
  });

  test.skipIf(!runs)('killed in the middle of a rotation leaves a working key, and goes on', async () => {
    const [old, fresh] = [newKey(), newKey()];
    expect(await runProgram(['add', 'live', '--store', manager.at('killed')], { env, input: old })).toMatchObject({
      code: 0,
    });
    const reader = startReader(manager, 'killed');
    const reached = manager.cutter.arm(STAGED[kind], 'after');
    const [node, script] = PROGRAM;
    const child = spawn(node, [script, 'rotate', 'live'], {
      env: cleanEnvironment(env),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.stdin.end(fresh);
    await reached;
    const [pid] = [child.pid ?? 0];
    if (process.platform === 'linux') expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(fresh);
    child.kill('SIGKILL');
    await sleep(50);
    const status = await runProgram(['status', 'live', '--json'], { env });
    expect(JSON.parse(status.stdout).keys[0].rotation).not.toBeNull();
    expect([`${old}\n`, `${fresh}\n`]).toContain((await runProgram(['print', 'live'], { env })).stdout);
    const resumed = await runProgram(['rotate', 'live', '--resume'], { env });
    expect(resumed, resumed.stderr).toMatchObject({ code: 0 });
    expect((await runProgram(['print', 'live'], { env })).stdout).toBe(`${fresh}\n`);
    for (const key of await reader.stop()) expect([old, fresh]).toContain(key);
  });
});
