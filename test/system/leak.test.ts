import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StoreKind } from '../../src/stores/store.ts';
import { canStartKeyring } from '../support/keyring.ts';
import { type RunningStandin, startVaultStandin } from '../support/managers/vault-standin.ts';
import { cleanEnvironment, PROGRAM, run } from '../support/program.ts';
import { requirement } from '../support/require.ts';
import { makeAdminKey } from '../support/secrets.ts';
import type { AnswerName } from '../support/standin/index.ts';
import { World } from '../support/world.ts';

/**
 * Sentinel secrets go through every command and every failure, with `--verbose` and with `--json`. They may come out
 * of `print`, `export`, `copy` and in a child's environment, and nowhere else: not on standard output or error, in no
 * file (keys.age is encrypted), in no argument list of any process that was started.
 */
interface Step {
  readonly argv: readonly string[];
  /** What stands on standard input. */
  readonly input?: 'current' | 'fresh' | 'noise' | 'admin' | 'spare';
  readonly answer?: AnswerName;
  readonly env?: Readonly<Record<string, string>>;
  /** The secret is what was asked for. */
  readonly gives?: true;
}

const ANSWERS: readonly AnswerName[] = [
  'authentication_error',
  'organization_on_hold',
  'overloaded',
  'html_502',
  'invalid_json_200',
];

const STEPS: readonly Step[] = [
  { argv: ['add', 'prod'], input: 'current' },
  { argv: ['add', 'prod'], input: 'fresh' },
  { argv: ['add', 'twin'], input: 'current' },
  { argv: ['add', 'cut'], input: 'noise' },
  { argv: ['add', 'from-env', '--from-env', 'SENTINEL'] },
  { argv: ['add', 'elsewhere', '--store', 'cloud'], input: 'fresh' },
  ...ANSWERS.map((answer): Step => ({ argv: ['add', 'failing', '--replace'], input: 'fresh', answer })),
  { argv: ['remove', 'failing', '--yes'] },
  { argv: ['add', 'other-host'], input: 'fresh', env: { ANTHROPIC_BASE_URL: 'https://evil.example' } },
  { argv: ['status'], env: { ANTHROPIC_API_KEY: 'SENTINEL' } },
  { argv: ['verify', '--all'] },
  { argv: ['verify', '--from-env', 'SENTINEL'] },
  { argv: ['verify'], input: 'fresh' },
  ...ANSWERS.map((answer): Step => ({ argv: ['verify', 'prod'], answer })),
  { argv: ['rotate', 'prod'], input: 'current' },
  ...ANSWERS.map((answer): Step => ({ argv: ['rotate', 'prod'], input: 'fresh', answer })),
  { argv: ['rotate', 'prod', '--abort'] },
  { argv: ['rotate', 'prod'], input: 'fresh' },
  { argv: ['retire', 'prod'] },
  { argv: ['rotate', 'prod', '--rollback', '--yes'] },
  { argv: ['print', 'prod'], gives: true },
  { argv: ['export', 'prod', '--shell', 'bash'], gives: true },
  { argv: ['export', 'prod', '--format', 'json'], gives: true },
  { argv: ['export', 'prod', '--format', 'github-actions'] },
  { argv: ['exec', 'prod', '--', 'true'] },
  { argv: ['exec', 'prod', '--shield', '--', 'true'] },
  { argv: ['grant', 'create', '--label', 'leak'] },
  { argv: ['exec', '--grant', 'leak', '--', 'true'] },
  { argv: ['grant', 'show', 'leak'] },
  { argv: ['grant', 'list', '--all'] },
  { argv: ['gateway', '--listen', '0.0.0.0:1'] },
  { argv: ['gateway', 'logs'] },
  { argv: ['grant', 'revoke', 'leak'] },
  { argv: ['exec', 'prod', '--', 'no-such-command'] },
  { argv: ['copy', 'prod'] },
  { argv: ['edit', 'prod', '--note', 'a note'] },
  { argv: ['rename', 'prod', 'live'] },
  { argv: ['rename', 'live', 'prod'] },
  { argv: ['use', 'prod'] },
  { argv: ['use', '--here', 'prod'] },
  { argv: ['allow'] },
  { argv: ['deny'] },
  { argv: ['shell', 'install', 'bash', '--auto', '--wrap', 'claude'] },
  { argv: ['shell', 'uninstall', 'bash'] },
  { argv: ['link', 'prod', 'vault://secret/leak'] },
  { argv: ['status', '--targets'] },
  { argv: ['push', 'prod'] },
  { argv: ['push', 'prod'], env: { VAULT_TOKEN: 'expired' } },
  { argv: ['pull', 'prod'] },
  { argv: ['print', '--from', 'vault://secret/leak'], gives: true },
  { argv: ['unlink', 'prod', 'vault://secret/leak'] },
  { argv: ['config', 'list'] },
  { argv: ['audit', 'show'] },
  { argv: ['audit', 'verify'] },
  { argv: ['audit', 'sink', 'syslog:/nowhere/log'] },
  { argv: ['budget', 'set', 'prod', '5/day'] },
  { argv: ['usage', '--check'] },
  { argv: ['console', 'limits'] },
  { argv: ['scan', '--stdin'], input: 'current' },
  { argv: ['scan', '--stdin', '--verify'], input: 'fresh' },
  { argv: ['scan', '--home'] },
  { argv: ['doctor'], env: { ANTHROPIC_API_KEY: 'SENTINEL' } },
  { argv: ['completion', 'bash'] },
  { argv: ['retire', 'prod', '--forget', '--yes'] },
  { argv: ['add', 'admin'], input: 'admin' },
  { argv: ['console', 'list'] },
  { argv: ['console', 'list'], answer: 'authentication_error' },
  { argv: ['console', 'disable', 'apikey_01Nothing', '--yes'] },
  { argv: ['standby', 'add', 'prod'], input: 'noise' },
  { argv: ['standby', 'add', 'prod'], input: 'spare' },
  { argv: ['standby', 'list', 'prod'] },
  { argv: ['rotate', 'prod', '--from-standby'] },
  { argv: ['rotate', '--due', '--yes'] },
  { argv: ['history', 'prod'] },
  { argv: ['remind', '--ical'] },
  { argv: ['schedule', 'install', '--with', 'crontab', '--dry-run'] },
  { argv: ['remove', 'prod', '--yes'] },
];

describe.concurrent.each<StoreKind>(['file', 'keychain'])('on the store %s', (store) => {
  const here =
    requirement(process.platform === 'linux', 'argument lists are read from /proc') &&
    (store === 'file' || canStartKeyring());
  let world: World;
  let vault: RunningStandin;
  beforeAll(async () => {
    if (here) [world, vault] = await Promise.all([World.start(store), startVaultStandin()]);
  });
  afterAll(async () => void (await Promise.all([world?.stop(), vault?.stop()])));

  test.skipIf(!here)('a secret is found nowhere but where it was asked for', { timeout: 240_000 }, async () => {
    const current = world.makeKey();
    const fresh = world.makeKey();
    const spare = world.makeKey();
    const admin = makeAdminKey();
    world.api.addKey(admin);
    const needles = [current, fresh, spare, admin].map((secret) => secret.slice(20, 60));
    const inputs = { current, fresh, spare, admin, noise: current.slice(0, 100) };
    // One argument that the watcher must see, to know that it looks.
    const control = `control-${randomUUID()}`;
    const watch = watchArguments([control, ...needles]);
    await run('sh', ['-c', 'sleep 3', control]);
    for (const { argv, input, answer, env = {}, gives } of STEPS) {
      world.api.setAnswer(answer ?? null);
      for (const globals of [['--verbose'], ['--json']]) {
        const [command = '', ...rest] = argv;
        const where = `${argv.join(' ')} ${globals}`;
        const { stdout, stderr, code } = await world.run([command, ...globals, ...rest], {
          input: input === undefined ? '' : inputs[input],
          env: {
            SENTINEL: fresh,
            ...vault.env,
            ...Object.fromEntries(
              Object.entries(env).map(([name, value]) => [name, value === 'SENTINEL' ? fresh : value]),
            ),
          },
        });
        expect(code, `${where}: ${stderr}`).not.toBe(70);
        for (const needle of needles) {
          expect(stderr, where).not.toContain(needle);
          if (!gives) expect(stdout, where).not.toContain(needle);
        }
      }
    }
    world.api.setAnswer(null);
    expect(vault.vault.calls).toContain('POST secret/data/leak');
    expect(filesWith(world.home, needles)).toEqual([]);
    const log = readFileSync(join(world.home, 'claude-keys', 'audit.jsonl'), 'utf8');
    for (const command of ['add', 'print', 'export', 'exec', 'remove']) expect(log).toContain(`"command":"${command}"`);
    expect(await watch.stop()).toEqual([control]);
  });

  test.skipIf(!here)('files are 0600 and folders 0700, also under umask 000', async () => {
    const home = mkdtempSync(join(tmpdir(), 'claude-keys-umask-'));
    try {
      mkdirSync(join(home, 'keys'));
      chmodSync(join(home, 'keys'), 0o777);
      const key = world.makeKey();
      const [node, script] = PROGRAM;
      const child = spawn(
        'sh',
        ['-c', 'umask 000; "$0" "$1" add prod --no-verify && "$0" "$1" config set rotateAfterDays 90', node, script],
        {
          env: cleanEnvironment({ ...world.env, HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys') }),
          stdio: ['pipe', 'ignore', 'ignore'],
        },
      );
      child.stdin.end(key);
      expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
      const modes = readdirSync(join(home, 'keys')).map((file) => [
        file,
        (lstatSync(join(home, 'keys', file)).mode & 0o777).toString(8),
      ]);
      expect(modes.map(([, mode]) => mode)).toEqual(modes.map(() => '600'));
      expect(modes.map(([file]) => file)).toContain('registry.json');
      expect(lstatSync(join(home, 'keys')).mode & 0o777).toBe(0o700);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

/** The files below a folder that hold one of the needles in the clear. */
function filesWith(folder: string, needles: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => needles.some((needle) => readFileSync(file).includes(needle)));
}

/**
 * Looks at the argument list and title of every process on the machine, again and again, in a process of its own.
 * `stop` gives the needles that were seen.
 */
function watchArguments(needles: readonly string[]): { stop(): Promise<string[]> } {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-watch-'));
  writeFileSync(join(folder, 'needles'), needles.join('\n'));
  const watcher = spawn(process.execPath, ['-e', WATCHER, join(folder, 'needles')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let found = '';
  watcher.stdout.on('data', (text) => {
    found += text;
  });
  return {
    async stop() {
      watcher.stdin.end();
      await new Promise((resolve) => watcher.on('close', resolve));
      rmSync(folder, { recursive: true, force: true });
      return [...new Set(found.split('\n').filter(Boolean))];
    },
  };
}

const WATCHER = `
const fs = require('node:fs');
const needles = fs.readFileSync(process.argv[1], 'utf8').split('\\n');
let over = false;
process.stdin.resume().on('end', () => { over = true; });
(function look() {
  for (const pid of fs.readdirSync('/proc')) {
    if (!/^[0-9]+$/.test(pid)) continue;
    for (const file of ['cmdline', 'comm']) {
      try {
        const text = fs.readFileSync('/proc/' + pid + '/' + file, 'utf8');
        for (const needle of needles) if (text.includes(needle)) console.log(needle);
      } catch {}
    }
  }
  if (!over) setTimeout(look, 3);
})();
`;
