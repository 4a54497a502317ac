// How long a start of the program takes, as ratios to floors taken in the same run on the same machine.
//
// In a fresh home with a private session bus and a real gnome-keyring. The cases take turns, one start after the other,
// so that what else the machine does hits all of them alike. Every program writes into a pipe, in an environment of its
// own: NODE_EXTRA_CA_CERTS, for one, would add 40 ms to every start of Node.
//
//   npm run bench -- start [rounds]
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from '../import-source.mjs';

const ROUNDS = Number(process.argv[2] ?? 60);
const WARM_UP = 5;
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = [process.execPath, join(root, 'bin/claude-keys.js')];

const { startKeyring } = await importSource('test/support/keyring.ts');
const keyring = await startKeyring('unlocked');
try {
  report(measure(prepare()));
} finally {
  await keyring.stop();
}

/** Stores the keys, and gives the cases: what runs, where, against which other case and how many times as long at most. */
function prepare() {
  const [small, one, thousand] = ['small', 'one', 'thousand'].map((name) => join(keyring.env.HOME, name));
  addKey(small, 'production', 'keychain');
  addKey(small, 'in-a-file', 'file');
  addKey(one, 'key-0', 'keychain');
  multiply(join(one, 'registry.json'), thousand, 1_000);
  const claudeKeys = (home, ...args) => ({ command: [...program, ...args], home });
  return {
    'node -e 0': { command: [process.execPath, '-e', '0'] },
    'claude-keys --version': { ...claudeKeys(small, '--version'), base: 'node -e 0', target: 1.2 },
    'claude-keys --help': { ...claudeKeys(small, '--help'), base: 'node -e 0', target: 1.2 },
    floor: { command: [process.execPath, join(root, 'script/floor.cjs'), 'production'] },
    'print, keychain': { ...claudeKeys(small, 'print', 'production'), base: 'floor', target: 1.25 },
    'export, keychain': {
      ...claudeKeys(small, 'export', 'production', '--shell', 'bash'),
      base: 'floor',
      target: 1.25,
    },
    'print, file': { ...claudeKeys(small, 'print', 'in-a-file'), base: 'floor', target: 1.4 },
    'export, file': { ...claudeKeys(small, 'export', 'in-a-file', '--shell', 'bash'), base: 'floor', target: 1.4 },
    'status, 1 key': claudeKeys(one, 'status'),
    'status, 1,000 keys': { ...claudeKeys(thousand, 'status'), base: 'status, 1 key', target: 1.3 },
  };
}

/** A key of the real form, made here. */
function addKey(home, name, store) {
  const secret = `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
  start({ command: [...program, 'add', name, '--store', store, '--no-verify'], home }, secret);
}

/** A registry with `count` keys like the one in `file`. */
function multiply(file, folder, count) {
  const registry = JSON.parse(readFileSync(file, 'utf8'));
  const [entry] = registry.keys;
  const keys = Array.from({ length: count }, (_, at) => ({ ...entry, name: `key-${at}` }));
  keys.sort((a, b) => (a.name < b.name ? -1 : 1));
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(join(folder, 'registry.json'), JSON.stringify({ ...registry, keys }, null, 2), { mode: 0o600 });
}

/** The times of each case in milliseconds. */
function measure(cases) {
  const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    for (const [name, one] of Object.entries(cases)) {
      const milliseconds = start(one);
      if (round >= WARM_UP) times[name].push(milliseconds);
    }
  }
  return Object.entries(cases).map(([name, { base, target }]) => ({
    name,
    median: median(times[name]),
    least: Math.min(...times[name]),
    // Round by round, so that a machine that is busy for a while is busy for both.
    ...(base && { base, target, ratio: median(times[name].map((time, round) => time / times[base][round])) }),
  }));
}

/** Runs to the end; what fails is not measured. */
function start({ command: [file, ...args], home }, input = '') {
  const env = { PATH: process.env.PATH, ...keyring.env, ...(home && { CLAUDE_KEYS_HOME: home }) };
  const begun = process.hrtime.bigint();
  const { status, stderr } = spawnSync(file, args, { env, input, encoding: 'utf8' });
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6;
  if (status !== 0) throw new Error(`cannot measure ${args.join(' ')}: exit ${status}\n${stderr}`);
  return milliseconds;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function report(rows) {
  console.log(
    `Node ${process.version}, ${process.platform} ${process.arch}; medians of ${ROUNDS} starts, in turn;\nratios round by round\n`,
  );
  line('', 'median', 'least', 'ratio to', '', 'at most', '');
  for (const { name, median, least, base = '', ratio, target } of rows) {
    const reached = ratio === undefined ? '' : ratio <= target ? 'reached' : 'missed';
    line(
      name,
      `${median.toFixed(1)} ms`,
      `${least.toFixed(1)} ms`,
      base,
      ratio?.toFixed(2),
      target?.toFixed(2),
      reached,
    );
  }
  console.log('\nfloor: script/floor.cjs, which loads keytar and prints one key of the same keychain');
}

function line(name, median, least, base, ratio = '', target = '', reached = '') {
  const cells = [name.padEnd(22), median.padStart(9), least.padStart(9), '  ', base.padEnd(14), ratio.padStart(5)];
  console.log([...cells, target.padStart(8), ' ', reached].join(' ').trimEnd());
}
