// What `print` takes from a secrets manager on loopback, next to the keychain. Most of
// it is the loading of the manager's own client; the way over a real network comes on top.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from '../import-source.mjs';

const ROUNDS = Number(process.argv[2] ?? 20);
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = [process.execPath, join(root, 'bin/claude-keys.js')];
const ADDRESSES = {
  'print, Vault': 'vault://secret/bench/claude',
  'print, AWS': 'aws-sm://eu-west-1/bench/claude',
  'print, Google': 'gcp-sm://bench-project/claude',
};

const { startKeyring } = await importSource('test/support/keyring.ts');
const keyring = await startKeyring('unlocked');
const managers = spawn(process.execPath, [join(root, 'script/bench/managers-servers.mjs')], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
try {
  const [line] = await once(managers.stdout.setEncoding('utf8'), 'data');
  const env = { PATH: process.env.PATH, ...keyring.env, ...JSON.parse(line) };
  env.CLAUDE_KEYS_HOME = join(keyring.env.HOME, 'managers');
  report(measure(prepare(env), env));
} finally {
  managers.stdin.end();
  await keyring.stop();
}

function prepare(env) {
  const cases = { 'print, keychain': ['print', 'here'] };
  start(['add', 'here', '--store', 'keychain', '--no-verify'], env, makeKey());
  for (const [name, address] of Object.entries(ADDRESSES)) {
    start(['add', address.slice(0, 3), '--store', address, '--no-verify'], env, makeKey());
    cases[name] = ['print', '--from', address];
  }
  return cases;
}

function measure(cases, env) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, args] of Object.entries(cases)) times[name].push(start(args, env));
  }
  return times;
}

/** Runs to the end, in milliseconds; what fails is not measured. */
function start(args, env, input = '') {
  const begun = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program[0], [program[1], ...args], { env, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`cannot measure ${args.join(' ')}: exit ${status}\n${stderr}`);
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

function report(times) {
  const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const base = median(times['print, keychain']);
  console.log(`\nFrom secrets managers on this machine; medians of ${ROUNDS} starts, in turn\n`);
  for (const [name, values] of Object.entries(times)) {
    const ratio = (median(values) / base).toFixed(2);
    console.log(
      `${name.padEnd(22)} ${`${median(values).toFixed(1)} ms`.padStart(9)}   ${ratio.padStart(5)} × the keychain`,
    );
  }
}

/** A key of the real form, made here. */
function makeKey() {
  return `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
}
