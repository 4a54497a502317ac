// npm run bench -- scan [tree] [history] [growth] [hook] [scale]: `scan` beside ripgrep, gitleaks and secretlint, in one
// run on the same files; all parts when none is named.
//
// The files and the repository are made first. What is not installed is left out and said: ripgrep comes from Debian,
// gitleaks from `go install github.com/zricethezav/gitleaks/v8@latest` (GITLEAKS names its file), secretlint from npm.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeRepository, makeTree, sequence } from './scan-data.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = [process.execPath, join(root, 'bin/claude-keys.js')];
const ROUNDS = 11;
const STARTS = 40;
const KEY = 'sk-ant-api03-[A-Za-z0-9_-]{93}AA';
const SECRETLINT = ['secretlint@11', '@secretlint/secretlint-rule-anthropic@11'];

const PARTS = { tree: workTree, history, growth, hook };

const named = process.argv.slice(2).filter((word) => Object.hasOwn(PARTS, word));
/** Of the sizes that are promised; less for a quick look. */
const scale = Number(process.argv.slice(2).find((word) => !named.includes(word)) ?? 1);

const home = mkdtempSync(join(tmpdir(), 'claude-keys-bench-'));
try {
  for (const part of named.length > 0 ? named : Object.keys(PARTS)) await PARTS[part](home, scale);
} finally {
  rmSync(home, { recursive: true, force: true });
}

async function workTree(home, scale) {
  const files = Math.round(20_000 * scale);
  const bytes = 300e6 * scale;
  const tree = join(home, 'tree');
  const keys = makeTree(tree, files, bytes);
  settle();
  console.log(`\nA work tree: ${files} files, ${Math.round(bytes / 1e6)} MB, ${keys} keys; medians of ${ROUNDS}`);
  const cases = {
    'rg -uuu': installed('rg') && ['rg', '-uuu', '--count-matches', KEY, tree],
    scan: [...PROGRAM, 'scan', tree, '--json'],
  };
  const times = await inTurn(home, cases, ROUNDS);
  print('scan', times, 'rg -uuu', 2.5, 'at most');
  expectFindings(times.scan.stdout, keys);
  const slow = {
    gitleaks: gitleaks() && [gitleaks(), 'dir', '--no-banner', '--log-level=error', tree],
    secretlint: secretlint(home, tree),
  };
  for (const [name, target] of [
    ['gitleaks', 3],
    ['secretlint', 10],
  ]) {
    const once = await inTurn(home, { [name]: slow[name], scan: cases.scan }, 1);
    print(name, once, 'scan', target, 'at least');
  }
}

async function history(home, scale) {
  const commits = Math.round(20_000 * scale);
  const repository = join(home, 'repository');
  const keys = await makeRepository(repository, commits, 'git');
  const small = join(home, 'small-repository');
  await makeRepository(small, Math.round(commits / 4), 'git');
  settle();
  console.log(`\nA history: ${commits} commits with merges, ${keys} keys in it; medians of 3`);
  const cases = {
    gitleaks: gitleaks() && [gitleaks(), 'git', '--no-banner', '--log-level=error', repository],
    scan: [...PROGRAM, 'scan', repository, '--history', '--json'],
  };
  const times = await inTurn(home, cases, 3);
  print('gitleaks', times, 'scan', 3, 'at least');
  expectFindings(times.scan.stdout, keys);
  const [memory, ofSmall] = [repository, small].map((each) =>
    peakOf(home, [...PROGRAM, 'scan', each, '--history', '--json']),
  );
  const growth = memory / ofSmall;
  line('its memory', null, `${memory} MB`, '', 'at most 200 MB', memory <= 200);
  line('its growth', null, `${growth.toFixed(2)} x`, `${commits / 4} commits`, 'at most 1.3', growth <= 1.3);
}

/** The same file a hundred times as large, and ten times as many files: time grows with them, memory does not. */
function growth(home, scale) {
  console.log('\nGrowth');
  const sizes = [Math.round(20_000 * scale), Math.round(200_000 * scale)];
  const [few, many] = sizes.map((count) => {
    const tree = join(home, `many-${count}`);
    makeTree(tree, count, count * 2_000);
    settle();
    const command = [...PROGRAM, 'scan', tree, '--json'];
    run(home, command);
    return { milliseconds: run(home, command).milliseconds, megabytes: peakOf(home, command) };
  });
  const ratio = many.milliseconds / few.milliseconds;
  line(`${sizes[1]} files`, many.milliseconds, `${ratio.toFixed(2)} x`, `${sizes[0]} files`, 'at most 12', ratio <= 12);
  line('its memory', null, `${many.megabytes} MB`, '', 'at most 200 MB', many.megabytes <= 200);
}

function hook(home) {
  const folder = join(home, 'hook');
  const git = (...args) =>
    run(home, ['git', '-C', folder, '-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args]);
  run(home, ['git', 'init', '-q', folder]);
  const random = sequence(3);
  const names = Array.from({ length: 20 }, (_, at) => join(folder, `file-${at}.txt`));
  const fill = () => {
    for (const name of names) writeFileSync(name, String(random()).repeat(300));
  };
  fill();
  git('add', '-A');
  git('commit', '-q', '-m', 'one');
  fill();
  git('add', '-A');
  const ids = run(home, ['git', '-C', folder, 'ls-files', '--stage']).stdout.replace(/^\d+ (\w+) .*$/gm, '$1');
  const diff = [
    'git',
    '-C',
    folder,
    'diff-index',
    '--cached',
    '--raw',
    '-z',
    '--no-renames',
    '--no-abbrev',
    'HEAD',
    '--',
  ];
  const cat = ['git', '-C', folder, 'cat-file', '--batch', '--buffer'];
  const times = { node: [], git: [], scan: [] };
  for (let round = 0; round < STARTS; round += 1) {
    times.node.push(run(home, [process.execPath, '-e', '0']).milliseconds);
    times.git.push(run(home, diff).milliseconds + run(home, cat, { input: ids }).milliseconds);
    times.scan.push(run(home, [...PROGRAM, 'scan', '--staged'], { cwd: folder }).milliseconds);
  }
  const [node, own, scan] = [times.node, times.git, times.scan].map(median);
  console.log(`\nA hook on 20 files; medians of ${STARTS}: node -e 0 ${node.toFixed(1)} ms, git ${own.toFixed(1)} ms`);
  const ratio = (scan - own) / node;
  line('scan --staged less git', scan - own, `${ratio.toFixed(2)} x`, 'node -e 0', 'at most 1.6', ratio <= 1.6);
}

/** What was made is on the disk, and is not written there while something is measured. */
function settle() {
  spawnSync('sync');
}

async function inTurn(home, cases, rounds) {
  const times = {};
  for (let round = 0; round < rounds + (rounds > 1 ? 1 : 0); round += 1) {
    for (const [name, command] of Object.entries(cases)) {
      if (!command) continue;
      const one = run(home, command);
      times[name] ??= { all: [], stdout: one.stdout };
      if (round > 0 || rounds === 1) times[name].all.push(one.milliseconds);
    }
  }
  return times;
}

function run(home, [file, ...args], { input = '', cwd = home } = {}) {
  const env = { PATH: process.env.PATH, HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys'), GIT_CONFIG_NOSYSTEM: '1' };
  const watched = ['/usr/bin/env', [file, ...args]];
  const begun = process.hrtime.bigint();
  const result = spawnSync(watched[0], watched[1], { cwd, env, input, encoding: 'utf8', maxBuffer: 1e9 });
  const milliseconds = Number(process.hrtime.bigint() - begun) / 1e6;
  if (result.status !== 0 && result.status !== 1)
    throw new Error(`${file} ${args}: exit ${result.status}\n${result.stderr}`);
  return { milliseconds, stdout: result.stdout };
}

/** How much memory our program takes, in MB; not timed. */
function peakOf(home, command) {
  const script = 'process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS))';
  const preload = join(home, 'peak.cjs');
  writeFileSync(preload, script);
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    CLAUDE_KEYS_HOME: join(home, 'keys'),
    NODE_OPTIONS: `--require ${preload}`,
  };
  const { stderr } = spawnSync(command[0], command.slice(1), { cwd: home, env, encoding: 'utf8', maxBuffer: 1e9 });
  return Math.round(Math.max(...[...stderr.matchAll(/peak (\d+)/g)].map(([, kilobytes]) => Number(kilobytes))) / 1_000);
}

function expectFindings(stdout, keys) {
  const { findings } = JSON.parse(stdout);
  if (findings.length !== keys) throw new Error(`${findings.length} of ${keys} keys were found`);
}

function print(name, times, base, target, kind) {
  if (!times[name] || !times[base]) return console.log(`  ${name} against ${base}: not installed`);
  const [own, other] = [median(times[name].all), median(times[base].all)];
  const ratio = own / other;
  line(
    name,
    own,
    `${ratio.toFixed(2)} x`,
    base,
    `${kind} ${target}`,
    kind === 'at most' ? ratio <= target : ratio >= target,
  );
}

function line(name, milliseconds, ratio, base, target, reached) {
  const time = milliseconds === null ? '' : `${milliseconds.toFixed(0)} ms`;
  console.log(
    `  ${name.padEnd(24)} ${time.padStart(9)}  ${ratio.padStart(9)} ${base.padEnd(14)} ${target.padEnd(15)} ${reached ? 'reached' : 'missed'}`,
  );
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function installed(tool) {
  return spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;
}

function gitleaks() {
  const file = process.env.GITLEAKS ?? 'gitleaks';
  return installed(file) || spawnSync(file, ['version'], { stdio: 'ignore' }).status === 0 ? file : null;
}

/** Installed beside the data, with the rule for Anthropic alone. */
function secretlint(home, tree) {
  const folder = join(home, 'secretlint');
  const install = ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...SECRETLINT];
  if (spawnSync('npm', install, { stdio: 'ignore' }).status !== 0) return null;
  const config = join(folder, '.secretlintrc.json');
  writeFileSync(config, '{"rules": [{"id": "@secretlint/secretlint-rule-anthropic"}]}');
  return [join(folder, 'node_modules/.bin/secretlint'), '--secretlintrc', config, `${tree}/**/*`];
}
