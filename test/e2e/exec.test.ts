import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Installed, install } from '../support/installed.ts';
import { cleanEnvironment, PROGRAM, type RunOptions, run, runProgram } from '../support/program.ts';
import { requirement, requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';

// With a newer Node (CLAUDE_KEYS_TEST_NODE) the same is asked of a program that replaces itself by the command.

let machine: Installed;
beforeAll(async () => {
  machine = await install('laptop', 'other');
  // Names each signal it gets; ends when its input does. Says its own process id first.
  writeFileSync(
    join(machine.home, 'witness.cjs'),
    `for (const s of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'])
       process.on(s, () => console.log(s));
     process.on('SIGCONT', () => console.log('goes on'));
     console.log('ready', process.pid);
     process.stdin.on('end', () => process.exit(0)).resume();`,
  );
});
afterAll(() => machine?.remove());

const exec = (command: readonly string[], options: RunOptions = {}) =>
  runProgram(['exec', 'laptop', '--', ...command], {
    cwd: machine.home,
    ...options,
    env: { ...machine.env, ...options.env },
  });

/** What a shell says of the end: the same for a child that a signal ended and for one that we tell about. */
async function codeInShell(command: readonly string[]): Promise<string> {
  const line = 'ulimit -c 0; "$@"; echo "code $?"';
  const all = ['-c', line, 'sh', 'claude-keys', 'exec', 'laptop', '--', ...command];
  return (await run('bash', all, { env: machine.env, cwd: machine.home })).stdout.trim();
}

describe('exec', () => {
  test('gives the command the variable and its own arguments, whatever they are', async () => {
    const args = ['', 'a b', '--', '--json', "it's", '$HOME', '*', '-x', 'a=b'];
    const show = 'console.log(JSON.stringify([process.env.ANTHROPIC_API_KEY, process.argv.slice(1)]))';
    const { code, stdout, stderr } = await exec([process.execPath, '-e', show, '--', ...args]);
    expect({ code, stderr, got: JSON.parse(stdout) }).toEqual({
      code: 0,
      stderr: '',
      got: [machine.secrets['laptop'], args],
    });
  });

  test('takes other credentials out of the environment, and with --verbose says which', async () => {
    const argv = ['exec', '--verbose', '--var', 'MY_KEY', 'laptop', '--', 'env'];
    const env = { ANTHROPIC_AUTH_TOKEN: 'other-token', CLAUDE_KEYS_PASSPHRASE: 'other-phrase', KEPT: 'kept' };
    const { code, stdout, stderr } = await runProgram(argv, { env: { ...machine.env, ...env } });
    expect(code).toBe(0);
    expect(stdout).toContain(`MY_KEY=${machine.secrets['laptop']}\n`);
    expect(stdout).toContain('KEPT=kept\n');
    expect(stdout).not.toMatch(/ANTHROPIC_|PASSPHRASE/);
    expect(stderr).toBe(
      'claude-keys: MY_KEY is set from the key laptop (given)\n' +
        'claude-keys: removed from the environment: ANTHROPIC_AUTH_TOKEN, CLAUDE_KEYS_PASSPHRASE\n',
    );
  });

  test('--set gives several keys, each in a variable of its own', async () => {
    const argv = ['exec', 'laptop', '--set', 'OLD=other', '--set=AGAIN=laptop', '--verbose', '--', 'env'];
    const { code, stdout, stderr } = await runProgram(argv, { env: { ...machine.env, ANTHROPIC_AUTH_TOKEN: 'x' } });
    const { laptop, other } = machine.secrets;
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual(
      expect.arrayContaining([`ANTHROPIC_API_KEY=${laptop}`, `OLD=${other}`, `AGAIN=${laptop}`]),
    );
    expect(stderr).toContain('claude-keys: OLD is set from the key other (given)\n');
    expect(stderr).toContain('removed from the environment: ANTHROPIC_AUTH_TOKEN\n');
    const alone = await runProgram(['exec', '--set', 'ONLY=other', '--', 'env'], { env: machine.env });
    expect(alone.stdout).toContain(`ONLY=${other}`);
    expect(alone.stdout).not.toContain('ANTHROPIC_API_KEY');
  });

  test('within exec works: the inner key takes the place of the outer one', async () => {
    const inner = ['claude-keys', 'exec', 'other', '--', 'sh', '-c', 'printenv ANTHROPIC_API_KEY OUTER; exit 9'];
    const { code, stdout } = await runProgram(['exec', 'laptop', '--set', 'OUTER=laptop', '--', ...inner], {
      env: machine.env,
    });
    expect({ code, stdout }).toEqual({
      code: 9,
      stdout: `${machine.secrets['other']}\n${machine.secrets['laptop']}\n`,
    });
  });

  test('passes standard input, output and error through', async () => {
    const result = await exec(['sh', '-c', 'cat; echo error >&2'], { input: 'input' });
    expect(result).toEqual({ code: 0, signal: null, stdout: 'input', stderr: 'error\n' });
  });

  test.each([
    ['bash', 'exec 7<<<given; claude-keys exec laptop -- cat /dev/fd/7 /proc/self/fd/7', 'given\n'],
    ['bash', 'claude-keys exec laptop -- cat <(echo one) - <(echo two) <<<between', 'one\nbetween\ntwo\n'],
    ['zsh', 'claude-keys exec laptop -- cat <(echo one) - <(echo two) <<<between', 'one\nbetween\ntwo\n'],
    ['bash', 'claude-keys exec laptop -- cat /dev/fd/99 2>/dev/null; echo $?', '1\n'],
  ])('in %s the command gets the open files that it names: %s', async (shell, line, stdout) => {
    if (!requireTools(shell)) return;
    expect(await run(shell, ['-c', line], { env: machine.env, cwd: machine.home })).toMatchObject({ stdout });
  });

  test('loses nothing to a slow reader', async () => {
    const line = `claude-keys exec --verbose laptop -- sh -c 'head -c 2000000 /dev/zero >&2' 2>&1 >/dev/null | (sleep 0.3; wc -c)`;
    const { stdout } = await run('sh', ['-c', line], { env: machine.env });
    expect(Number(stdout)).toBeGreaterThanOrEqual(2_000_000);
  });

  test.skipIf(!existsSync('/proc/self/status'))('hands on no signal as ignored', async () => {
    const { stdout } = await exec(['grep', 'SigIgn', '/proc/self/status']);
    expect(stdout).toBe('SigIgn:\t0000000000000000\n');
  });

  test('runs a script that has no #! line, as every shell does', async () => {
    machine.addProgram('bare-script', 'echo "bare $1"\n');
    expect(await exec(['bare-script', 'x'])).toMatchObject({ code: 0, stdout: 'bare x\n' });
  });

  test('runs a command with = in its name', async () => {
    machine.addProgram('a=b', '#!/bin/sh\necho "$0"\n');
    expect((await exec(['a=b'])).stdout).toContain('a=b');
  });
});

describe('the exit code of exec', () => {
  test.each([0, 1, 2, 3, 5, 6, 70, 126, 127, 128, 130, 143, 255])('is that of the command: %d', async (code) => {
    expect(await exec(['sh', '-c', `exit ${code}`])).toEqual({ code, signal: null, stdout: '', stderr: '' });
  });

  const SIGNALS = 'HUP INT QUIT ILL ABRT FPE KILL USR1 SEGV USR2 PIPE ALRM TERM'.split(' ');
  test.each(SIGNALS)('is 128 and the number of the signal that ended it: SIG%s', async (name) => {
    const number = constants.signals[`SIG${name}` as NodeJS.Signals];
    expect(await codeInShell(['sh', '-c', `ulimit -c 0; kill -${name} $$; sleep 5`])).toBe(`code ${128 + number}`);
  });

  // For the last two Node throws instead of telling of an error.
  test.each(['no-such-command', '', '/etc/passwd/x'])('is 127 for a command that is not there: %j', async (command) => {
    const stderr = `claude-keys: command not found: ${command}\n`;
    expect(await exec([command])).toEqual({ code: 127, signal: null, stdout: '', stderr });
  });

  test('is 126 for one that may not be executed', async () => {
    writeFileSync(join(machine.home, 'plain'), 'x');
    const stderr = 'claude-keys: ./plain may not be executed\n';
    expect(await exec(['./plain'])).toEqual({ code: 126, signal: null, stdout: '', stderr });
  });

  test('is 126 for a script whose interpreter is not there', async () => {
    machine.addProgram('lost', '#!/no/such/interpreter\n');
    const result = await exec(['lost']);
    expect(result).toMatchObject({ code: 126, stdout: '' });
    expect(result.stderr).toMatch(/lost may not be executed: there is no \/no\/such\/interpreter\n$/);
  });
});

/** The program with the witness as its command, in a process group of its own, as a shell would start it. */
async function startWitness() {
  const [node, script] = PROGRAM;
  const argv = [script, 'exec', 'laptop', '--', process.execPath, join(machine.home, 'witness.cjs')];
  const started = spawn(node, argv, {
    env: cleanEnvironment(machine.env),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const pid = started.pid ?? 0;
  const lines: string[] = [];
  const reader = createInterface({ input: started.stdout });
  onTestFinished(() => {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {}
  });
  const [first] = (await once(reader, 'line')) as [string];
  reader.on('line', (line) => lines.push(line));
  const finish = async () => {
    // What was sent twice has arrived by now.
    await sleep(300);
    started.stdin.end();
    const [code] = await once(started, 'exit');
    return { code, lines };
  };
  return { pid, witnessPid: Number(first.split(' ')[1]), finish };
}

describe.skipIf(!requirement(process.platform !== 'win32', 'signals are not for Windows'))('a signal', () => {
  const SENT = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

  test.each(SENT)('to claude-keys alone reaches the command once: %s', async (signal) => {
    const { pid, finish } = await startWitness();
    process.kill(pid, signal);
    expect(await finish()).toEqual({ code: 0, lines: [signal] });
  });

  test.each(SENT)('to the whole group reaches the command once: %s', async (signal) => {
    const { pid, finish } = await startWitness();
    process.kill(-pid, signal);
    expect(await finish()).toEqual({ code: 0, lines: [signal] });
  });

  test('is counted each time', async () => {
    const { pid, finish } = await startWitness();
    for (const target of [pid, -pid, -pid, pid]) {
      process.kill(target, 'SIGTERM');
      await sleep(150);
    }
    expect(await finish()).toEqual({ code: 0, lines: ['SIGTERM', 'SIGTERM', 'SIGTERM', 'SIGTERM'] });
  });

  test('that kills claude-keys outright leaves no orphan', async () => {
    const { pid, witnessPid } = await startWitness();
    await sleep(100);
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => isAlive(witnessPid), { timeout: 5_000 }).toBe(false);
    // Nor does anything else of the group stay.
    await expect.poll(() => isAlive(-pid), { timeout: 5_000 }).toBe(false);
  });

  test('ends nothing but what it was sent to: no process is left behind', async () => {
    const { pid, finish } = await startWitness();
    await finish();
    await expect.poll(() => isAlive(-pid), { timeout: 5_000 }).toBe(false);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that has ended and that nobody has asked about yet does not count.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

describe.skipIf(!requireTools('tmux', 'bash'))('in a terminal', () => {
  const start = async () => {
    const screen = new Screen('bash --norc --noprofile -i', { env: { ...machine.env, PS1: '$ ' } });
    await screen.until('$');
    screen.type(`claude-keys exec laptop -- '${process.execPath}' '${join(machine.home, 'witness.cjs')}'`);
    screen.press('Enter');
    await screen.until('ready');
    return screen;
  };
  const count = (lines: readonly string[], word: string) => lines.filter((line) => line.includes(word)).length;

  test.each([
    ['C-c', 'SIGINT'],
    ['C-\\', 'SIGQUIT'],
  ])('%s reaches the command once', async (key, signal) => {
    const screen = await start();
    screen.press(key);
    await screen.until(signal);
    await sleep(300);
    expect(count(screen.lines(), signal)).toBe(1);
    screen.press(key);
    await sleep(500);
    expect(count(screen.lines(), signal)).toBe(2);
    screen.press('C-d');
  });

  test('Ctrl-Z stops it, the shell goes on, fg brings it back', async () => {
    const screen = await start();
    screen.press('C-z');
    await screen.until('Stopped');
    screen.type('jobs');
    screen.press('Enter');
    await screen.until((text) => text.split('Stopped').length === 3);
    screen.type('fg');
    screen.press('Enter');
    await screen.until('goes on');
    screen.press('C-c');
    await screen.until('SIGINT');
    screen.press('C-d');
    screen.type('echo "code $?"');
    screen.press('Enter');
    await screen.until('code 0');
  });

  test('an interactive shell is a command like any other', async () => {
    const screen = new Screen('bash --norc --noprofile -i', { env: { ...machine.env, PS1: 'outer ' } });
    await screen.until('outer');
    screen.type('claude-keys exec laptop -- env PS1="inner " bash --norc --noprofile -i');
    screen.press('Enter');
    // Its prompt, and not the line that was typed.
    await screen.until((text) => /^inner$/m.test(text));
    screen.type('sleep 100');
    screen.press('Enter');
    await sleep(300);
    screen.press('C-c');
    screen.type('printenv ANTHROPIC_API_KEY | wc -m; exit 3');
    screen.press('Enter');
    await screen.until('109');
    screen.type('echo "code $?"');
    screen.press('Enter');
    await screen.until('code 3');
  });
});
