// What claude-keys costs where it is used all day: in a shell that starts, at its prompt, and in front of a command.
//
//   npm run bench -- shells [--quick]
//
// With a keychain of its own. The ways take turns, so that what else the machine does hits all of them alike; medians.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importSource } from '../import-source.mjs';

const quick = process.argv.includes('--quick');
const STARTS = quick ? 15 : 60;
const EXECS = quick ? 15 : 150;
const PROMPTS = quick ? 300 : 1_000;
const root = fileURLToPath(new URL('../..', import.meta.url));
const program = [process.execPath, join(root, 'bin/claude-keys.js')];

const PROFILE = { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/config.fish' };
/** As people have them: a few lines, nothing that takes long. */
const CONTENT = {
  bash: 'alias ll="ls -l"\n',
  zsh: 'alias ll="ls -l"\nautoload -Uz compinit\n',
  fish: 'alias ll "ls -l"\n',
};

const { startKeyring } = await importSource('test/support/keyring.ts');
const keyring = await startKeyring('unlocked');
try {
  console.log(`Node ${process.version}, ${process.platform} ${process.arch}; medians, in turn\n`);
  const homes = prepare();
  const missed = [...starts(homes), ...prompts(homes), ...execs(homes)].filter((reached) => !reached);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  await keyring.stop();
}

/** A home without the block, one with it, and one with `--auto`. */
function prepare() {
  const homes = Object.fromEntries(['without', 'with', 'auto'].map((name) => [name, join(keyring.env.HOME, name)]));
  for (const [name, home] of Object.entries(homes)) {
    for (const [shell, profile] of Object.entries(PROFILE)) {
      mkdirSync(join(home, profile, '..'), { recursive: true });
      writeFileSync(join(home, profile), CONTENT[shell]);
    }
    mkdirSync(join(home, '.local/share/fish/generated_completions'), { recursive: true });
    mkdirSync(join(home, 'project/src'), { recursive: true });
    if (name === 'without') continue;
    const secret = `sk-ant-api03-${randomBytes(70).toString('base64url').slice(0, 93)}AA`;
    run(home, [...program, 'add', `production-${name}`, '--store', 'keychain', '--no-verify'], secret);
    const options = name === 'auto' ? ['--auto', '--wrap', 'claude'] : ['--wrap', 'claude'];
    for (const shell of Object.keys(PROFILE)) run(home, [...program, 'shell', 'install', shell, ...options]);
    run(home, ['sh', '-c', 'cd project && exec "$@"', 'sh', ...program, 'use', '--here', `production-${name}`]);
  }
  return homes;
}

function environment(home) {
  const { PATH } = process.env;
  return { PATH, ...keyring.env, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), HISTFILE: '', LC_ALL: 'C.UTF-8' };
}

function run(home, [file, ...args], input = '') {
  const { status, stderr } = spawnSync(file, args, { env: environment(home), cwd: home, input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}\n${stderr}`);
}

function time(work) {
  const begun = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begun) / 1e6;
}

/** An interactive shell that starts and ends: with the block, against without it. */
function starts(homes) {
  console.log(`a shell that starts (${STARTS} times)`);
  return Object.keys(PROFILE)
    .filter(isThere)
    .map((shell) => {
      const times = { without: [], with: [] };
      for (let round = -3; round < STARTS; round += 1) {
        for (const way of Object.keys(times)) {
          const taken = time(() => run(homes[way], [shell, '-i', '-c', 'exit 0']));
          if (round >= 0) times[way].push(taken);
        }
      }
      // The differences of each turn, since both halves of it met the same machine.
      const more = median(times.with.map((taken, at) => taken - times.without[at]));
      return line(shell, `${median(times.without).toFixed(1)} ms`, `${more.toFixed(2)} ms more`, 2, more);
    });
}

/** The hook at the prompt of a folder in which nothing changes: as the shell itself counts the time. */
function prompts({ auto }) {
  console.log(`\na prompt with --auto in an unchanged folder (${PROMPTS} times)`);
  const loops = {
    bash: `s=$EPOCHREALTIME; for ((i = 0; i < ${PROMPTS}; i++)); do __claude_keys_hook; done; e=$EPOCHREALTIME
      echo $(( (\${e/[.,]/} - \${s/[.,]/}) ))`,
    zsh: `zmodload zsh/datetime; s=$EPOCHREALTIME; repeat ${PROMPTS} __claude_keys_hook; e=$EPOCHREALTIME
      printf '%d\\n' $(( (e - s) * 1000000 ))`,
    fish: `set s (date +%s%N); for i in (seq ${PROMPTS}); __claude_keys_hook; end; set e (date +%s%N)
      math -s0 "($e - $s) / 1000"`,
  };
  return Object.entries(loops)
    .filter(([shell]) => isThere(shell))
    .map(([shell, loop]) => {
      const script = join(auto, `loop.${shell}`);
      writeFileSync(script, `cd ~/project/src\n__claude_keys_hook\ntest -n "$ANTHROPIC_API_KEY" || exit 9\n${loop}\n`);
      const out = execFileSync(shell, ['-i', '-c', `source ${script}`], {
        env: environment(auto),
        cwd: auto,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const each = Number(out.trim().split('\n').at(-1)) / PROMPTS / 1_000;
      return line(shell, '', `${each.toFixed(3)} ms`, 1, each);
    });
}

/** `exec NAME -- true` against the floor script, which prints a key of the same keychain. */
function execs(homes) {
  console.log(`\nexec from the keychain (${EXECS} times)`);
  const name = 'production-with';
  const ways = {
    floor: [process.execPath, join(root, 'script/floor.cjs'), name],
    exec: [...program, 'exec', name, '--', 'true'],
  };
  const times = { floor: [], exec: [] };
  for (let round = -3; round < EXECS; round += 1) {
    for (const [way, command] of Object.entries(ways)) {
      const taken = time(() => run(homes.with, command));
      if (round >= 0) times[way].push(taken);
    }
  }
  // Round by round, so that a machine that is busy for a while is busy for both.
  const ratio = median(times.exec.map((taken, round) => taken / times.floor[round]));
  return [line('exec -- true', `${median(times.exec).toFixed(1)} ms`, `${ratio.toFixed(2)} x floor`, 1.3, ratio)];
}

function isThere(shell) {
  return spawnSync(shell, ['--version']).status === 0;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function line(name, whole, figure, most, value) {
  const reached = value <= most;
  console.log(
    `  ${name.padEnd(14)}${whole.padStart(10)}  ${figure.padStart(14)}  at most ${most}  ${reached ? 'reached' : 'missed'}`,
  );
  return reached;
}
