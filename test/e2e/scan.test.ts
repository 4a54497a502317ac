import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { cleanEnvironment, PROGRAM, run, runProgram } from '../support/program.ts';
import { requireTools } from '../support/require.ts';
import { Screen } from '../support/screen.ts';
import { makeKey } from '../support/secrets.ts';

let home: string;
let root: string;
let env: Record<string, string>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'claude-keys-scan-'));
  root = join(home, 'project');
  mkdirSync(root);
  env = { HOME: home, CLAUDE_KEYS_HOME: join(home, 'keys'), GIT_CONFIG_NOSYSTEM: '1' };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** The program with what it writes as it comes; it ends with the test. */
function start(args: readonly string[]) {
  const [node, script] = PROGRAM;
  const child = spawn(node, [script, 'scan', ...args], { cwd: root, env: cleanEnvironment(env) });
  // A test that has failed has not ended it.
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, ended };
}

/** A file that takes minutes to read and no room on the disk. */
function hugeFile(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 200_000_000_000);
}

/** Ctrl-C after so long. Fails when the program does not end within the time that every test has. */
async function interrupted(args: readonly string[], afterMs = 1_500) {
  const { child, said, ended } = start(args);
  await sleep(afterMs);
  expect(child.exitCode, said.err).toBe(null);
  child.kill('SIGINT');
  return { code: await ended, ...said };
}

/** Puts another git in front of the real one; the script gets the call of that. */
function hangingGit(script: (git: string) => string): void {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const git = `PATH='${process.env['PATH']}' git "$@"`;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script(git)}\n`, { mode: 0o755 });
  env['PATH'] = `${bin}:${process.env['PATH']}`;
}

describe('Ctrl-C', () => {
  const files: Record<string, () => void> = {
    'a huge file': () => hugeFile(join(root, 'huge')),
    'a huge file among many, in the second thread': () => {
      hugeFile(join(root, 'huge-1'));
      hugeFile(join(root, 'huge-2'));
      for (let at = 0; at < 3_000; at += 1) writeFileSync(join(root, `m-${at}`), '');
    },
    'an archive': () => {
      const member = gzipSync(Buffer.alloc(50_000_000), { level: 1 });
      for (let at = 0; at < 30; at += 1)
        writeFileSync(join(root, `big-${at}.gz`), Buffer.concat(Array(20).fill(member)));
    },
  };
  test.each(Object.keys(files))('in %s: --json gives what was found so far, whole', async (name) => {
    writeFileSync(join(root, 'a.txt'), makeKey());
    files[name]?.();
    const { code, out } = await interrupted(['a.txt', '.', '--json']);
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ interrupted: true, findings: [{ file: 'a.txt', line: 1, column: 1 }] });
  });

  test('while standard input is silent', async () => {
    const { child, said, ended } = start(['--stdin', '--json']);
    child.stdin.write(`${makeKey()}\n`);
    await sleep(1_500);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(JSON.parse(said.out)).toMatchObject({ interrupted: true, findings: [{ file: '<stdin>', line: 1 }] });
  });

  test.skipIf(!requireTools('tmux'))('in a terminal: progress, then the table, and nothing is left', async () => {
    writeFileSync(join(root, 'a.txt'), makeKey());
    hugeFile(join(root, 'huge'));
    const screen = new Screen(`trap : INT; cd '${root}' && '${PROGRAM.join("' '")}' scan '${root}'`, { env });
    await screen.until((text) => /\d files?, \d+ (?:MB|GB).*, .*\/s, 1 credential found/.test(text.replace('\n', '')));
    screen.press('C-c');
    const text = (await screen.until('exit code: 130')).join('\n');
    expect(text).toContain('a.txt:1:1');
    expect(text).toContain('interrupted: this is what was found so far');
    const { stdout } = await run('ps', ['-A', '-ww', '-o', 'args=']);
    expect(stdout.split('\n').filter((line) => line.startsWith(PROGRAM[0]) && line.includes(root))).toEqual([]);
  });

  test.skipIf(!requireTools('git'))('while git hangs: what was found in the files', async () => {
    writeFileSync(join(root, 'a.txt'), makeKey());
    const made = await run('git', ['init', '-q', '.'], { cwd: root, env });
    expect(made, made.stderr).toMatchObject({ code: 0 });
    hangingGit((git) => `case " $* " in *" cat-file "*) exec sleep 600 ;; esac\n${git}`);
    const { code, out } = await interrupted(['--history', '--json']);
    expect(code).toBe(130);
    expect(JSON.parse(out)).toMatchObject({ interrupted: true, findings: [{ file: 'a.txt' }] });
  });

  test.skipIf(!requireTools('git'))('while the objects are read: what was found, with its places', async () => {
    writeFileSync(join(root, 'a.txt'), makeKey());
    const commit = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'x'];
    for (const args of [['init', '-q', '.'], ['add', '-A'], commit, ['rm', '-q', 'a.txt'], commit]) {
      const made = await run('git', args, { cwd: root, env });
      expect(made, made.stderr).toMatchObject({ code: 0 });
    }
    hangingGit((git) => `${git}\ncase " $* " in *" --batch "*) exec sleep 600 ;; esac`);
    const { code, out } = await interrupted(['--history', '--json']);
    expect(code).toBe(130);
    const place = { file: 'a.txt', where: 'history', author: 'A <a@example.com>' };
    expect(JSON.parse(out)).toMatchObject({ interrupted: true, findings: [place] });
  });
});

describe('scan --watch', () => {
  interface Line {
    readonly findings: readonly {
      readonly file: string;
      readonly line: number;
      readonly occurrences: readonly unknown[];
    }[];
  }

  test('tells what is written, changed, moved and renamed, each place once, until Ctrl-C', async () => {
    const [first, second, third, fourth, outside] = [makeKey(), makeKey(), makeKey(), makeKey(), makeKey()] as const;
    writeFileSync(join(root, 'there.txt'), first);
    const { child, said, ended } = start(['--watch', '--json']);
    const places = () =>
      said.out
        .split('\n')
        .filter((line) => line !== '')
        .flatMap((line) => (JSON.parse(line) as Line).findings.map((each) => `${each.file}:${each.line}`));
    const told = (count: number, ...some: string[]) =>
      expect.poll(() => places().slice(-count).sort(), { timeout: 15_000 }).toEqual(some);
    await told(1, 'there.txt:1');
    await expect.poll(() => said.err, { timeout: 15_000 }).toContain('watching');
    writeFileSync(join(root, 'new.txt'), `\nk=${second}\n`);
    await told(1, 'new.txt:2');
    writeFileSync(join(root, 'new.txt'), `\nk=${second}\n\n${third}`);
    await told(1, 'new.txt:4');
    renameSync(join(root, 'new.txt'), join(root, 'moved.txt'));
    await told(2, 'moved.txt:2', 'moved.txt:4');
    mkdirSync(join(root, 'a/b'), { recursive: true });
    writeFileSync(join(root, 'a/b/deep.txt'), fourth);
    await told(1, 'a/b/deep.txt:1');
    rmSync(join(root, 'a'), { recursive: true });
    rmSync(join(root, 'moved.txt'));
    writeFileSync(join(home, 'outside.txt'), outside);
    symlinkSync(join(home, 'outside.txt'), join(root, 'link'));
    writeFileSync(join(root, 'there.txt'), `${first}\n`);
    writeFileSync(join(root, 'last.txt'), first);
    await told(1, 'last.txt:1');
    expect(places()).toHaveLength(7);
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(said.err).not.toContain('bug');
    for (const key of [first, second, third, fourth]) expect(said.out).not.toContain(key.slice(16, 60));
  });

  test('ends when its reader has left, at the next find', async () => {
    writeFileSync(join(root, 'first.txt'), makeKey());
    const { child, said, ended } = start(['--watch', '--json']);
    await expect.poll(() => said.err, { timeout: 15_000 }).toContain('watching');
    child.stdout?.destroy();
    writeFileSync(join(root, 'second.txt'), makeKey());
    expect(await ended).toBe(1);
    expect(said.err.trim().split('\n')).toHaveLength(1);
  });

  test('the folder itself is removed; nothing found; Ctrl-C ends it', async () => {
    const { child, said, ended } = start(['--watch']);
    await expect.poll(() => said.err, { timeout: 15_000 }).toContain('watching');
    rmSync(root, { recursive: true });
    await sleep(500);
    child.kill('SIGINT');
    expect([0, 5]).toContain(await ended);
    expect(said.err).not.toContain('bug');
  });
});

describe('--home and --clipboard', () => {
  const bin = () => join(home, 'bin');
  function clipboard(name: string, script: string): void {
    mkdirSync(bin(), { recursive: true });
    writeFileSync(join(bin(), name), `#!/bin/sh\necho "${name} $*" >> "$HOME/calls"\n${script}\n`, { mode: 0o755 });
  }
  const scan = (args: readonly string[], more: Record<string, string>) =>
    runProgram(['scan', ...args, '--json'], {
      cwd: root,
      env: { ...env, PATH: `${bin()}:${process.env['PATH']}`, ...more },
    });

  test('the clipboard beside the home folder, by the first tool that works; alone; empty', async () => {
    const [copied, typed] = [makeKey(), makeKey()];
    writeFileSync(join(home, '.bash_history'), `ls\nexport ANTHROPIC_API_KEY=${typed}\n`);
    writeFileSync(join(home, 'board'), `a line\n  ${copied}`);
    clipboard('wl-paste', 'exit 1');
    clipboard('xclip', 'cat "$HOME/board"');
    const display = { WAYLAND_DISPLAY: 'none-0', DISPLAY: ':99' };
    const both = await scan(['--home', '--clipboard'], display);
    expect(both.code, both.stderr).toBe(1);
    expect(JSON.parse(both.stdout)).toMatchObject({
      skipped: [],
      findings: expect.arrayContaining([
        expect.objectContaining({ file: '<clipboard>', line: 2, column: 3 }),
        expect.objectContaining({ file: join(home, '.bash_history'), line: 2 }),
      ]),
    });
    expect(readFileSync(join(home, 'calls'), 'utf8')).toBe('wl-paste --no-newline\nxclip -selection clipboard -out\n');
    const without = await scan(['--home'], display);
    expect(without.stdout).not.toContain('<clipboard>');
    const alone = await scan(['--clipboard'], { DISPLAY: ':99' });
    expect(JSON.parse(alone.stdout)).toMatchObject({ scanned: { files: 0 }, findings: [{ file: '<clipboard>' }] });
    writeFileSync(join(home, 'board'), '');
    expect(await scan(['--clipboard'], { DISPLAY: ':99' })).toMatchObject({ code: 0 });
  });

  test('a clipboard that cannot be asked is no silent pass', async () => {
    clipboard('xclip', 'exit 1');
    clipboard('xsel', 'exit 1');
    for (const display of [{ DISPLAY: ':99' }, {}] as const) {
      const { code, stdout } = await scan(['--clipboard'], display);
      expect(code).toBe(5);
      expect(JSON.parse(stdout)).toMatchObject({ skipped: [{ what: '<clipboard>', failed: true }] });
    }
  });
});

/** A file system whose program never says a word: what a dead network drive is to a reader. */
const DEAD_MOUNT = `
import ctypes, os, sys
fuse = os.open('/dev/fuse', os.O_RDWR)
libc = ctypes.CDLL(None)
options = f'fd={fuse},rootmode=40000,user_id=0,group_id=0'.encode()
print(libc.mount(b'dead', sys.argv[1].encode(), b'fuse', 0, options), flush=True)
sys.stdin.read()
libc.umount2(sys.argv[1].encode(), 2)
`;
const canMount = process.getuid?.() === 0 && existsSync('/dev/fuse') && existsSync('/usr/bin/python3');

// It takes root and FUSE, which no CI can be asked for.
test.skipIf(!canMount)('a mount that does not answer is told, above and below, and the rest is looked at', async () => {
  const dead = join(root, 'dead');
  mkdirSync(dead);
  writeFileSync(join(root, 'a.txt'), makeKey());
  const server = spawn('python3', ['-c', DEAD_MOUNT, dead], { stdio: ['pipe', 'pipe', 'ignore'] });
  const gone = once(server, 'exit');
  try {
    if (String(await once(server.stdout, 'data')).trim() !== '0') return; // A container may forbid it.
    const { code, stdout } = await runProgram(['scan', '.', 'dead/below', '--json'], { cwd: root, env });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [{ file: 'a.txt' }],
      skipped: [{ what: 'dead', why: 'a mount that does not answer', failed: true }],
    });
  } finally {
    server.stdin.end();
    await gone;
  }
});
