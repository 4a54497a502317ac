import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { main } from '../../src/main.ts';
import { TestMachine, temporaryFolder } from '../support/host.ts';
import { requireTools } from '../support/require.ts';

/** A path that every kind of quoting gets wrong if it can. */
const NASTY = `it's "100%" $HOME & <co> \\ `;

interface Scene {
  readonly machine: TestMachine;
  /** The program that the job runs: writes its arguments and its home into `ran`. */
  readonly script: string;
  readonly ran: string;
  readonly home: string;
  readonly bin: string;
  run(argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

function prepare(platform: NodeJS.Platform = 'linux'): Scene {
  const machine = new TestMachine();
  const folder = join(temporaryFolder(), NASTY);
  const [bin, home, ran] = [join(machine.home, 'bin'), join(folder, 'keys'), join(folder, 'ran')];
  for (const each of [bin, home]) mkdirSync(each, { recursive: true });
  const script = join(folder, 'claude-keys.cjs');
  writeFileSync(
    script,
    `require('node:fs').writeFileSync(${JSON.stringify(ran)}, JSON.stringify([process.argv.slice(1), process.env.CLAUDE_KEYS_HOME]))`,
  );
  return {
    machine,
    script,
    ran,
    home,
    bin,
    async run(argv) {
      const env = { CLAUDE_KEYS_HOME: home, PATH: `${bin}:/usr/bin:/bin` };
      const host = { ...machine.host({ env }), platform, program: { node: process.execPath, script } };
      const code = await main(argv, host);
      return { code, stdout: host.stdout.text, stderr: host.stderr.text };
    },
  };
}

/** A command of the system that keeps what it is given in a file. */
function fake(scene: Scene, name: string, code: string): void {
  writeFileSync(join(scene.bin, name), `#!/bin/sh\n${code}\n`);
  chmodSync(join(scene.bin, name), 0o755);
}

const expected = (scene: Scene) => [[scene.script, 'rotate', '--due', '--yes', '--quiet'], scene.home];

describe('with a crontab', () => {
  function withCrontab(content: string | null): Scene & { file: string } {
    const scene = prepare();
    const file = join(scene.machine.home, 'tab');
    if (content !== null) writeFileSync(file, content);
    fake(scene, 'systemctl', 'exit 1');
    fake(
      scene,
      'crontab',
      `if [ "$1" = -l ]; then cat "${file}" 2>/dev/null || { echo "no crontab for you" >&2; exit 1; }; else cat > "${file}"; fi`,
    );
    return { ...scene, file };
  }

  test('a line is added once, and taken out again; the others stay byte for byte', async () => {
    const others = '# mine\n*/5 * * * * true # claude-keys of another kind\n';
    const scene = withCrontab(others);
    for (let time = 0; time < 2; time += 1) {
      expect((await scene.run(['schedule', 'install', '--every', 'weekly', '--at', '4:05'])).code).toBe(0);
    }
    const lines = readFileSync(scene.file, 'utf8').split('\n');
    expect(lines.slice(0, 2).join('\n')).toBe(others.trimEnd());
    expect(lines).toHaveLength(4);
    expect(lines[2]).toMatch(/^5 4 \* \* 1 .* # claude-keys rotate$/);
    const { stdout } = await scene.run(['schedule', 'status', '--json']);
    expect(JSON.parse(stdout).schedules).toMatchObject([{ with: 'crontab' }]);
    expect((await scene.run(['schedule', 'uninstall'])).stderr).toContain('is removed from crontab');
    expect(readFileSync(scene.file, 'utf8')).toBe(others);
    expect((await scene.run(['schedule', 'uninstall'])).stderr).toBe('nothing was scheduled\n');
  });

  test('the line runs the program, whatever its path', async () => {
    const scene = withCrontab(null);
    await scene.run(['schedule', 'install', '--every', 'hourly']);
    const line = readFileSync(scene.file, 'utf8').trimEnd();
    // cron(5): five fields, then what sh runs, in which an escaped percent sign is one.
    const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%');
    execFileSync('/bin/sh', ['-c', command], { env: {} });
    expect(JSON.parse(readFileSync(scene.ran, 'utf8'))).toEqual(expected(scene));
  });

  test('one that cannot be read is not written', async () => {
    const scene = withCrontab('mine\n');
    fake(scene, 'crontab', 'echo "permission denied" >&2; exit 1');
    const { code, stderr } = await scene.run(['schedule', 'install', '--with', 'crontab']);
    expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('the crontab was left alone') });
    expect(readFileSync(scene.file, 'utf8')).toBe('mine\n');
  });
});

describe.skipIf(!requireTools('systemd-analyze'))('with systemd', () => {
  test('a timer is written that systemd takes, and enabled', async () => {
    const scene = prepare();
    const log = join(scene.machine.home, 'log');
    fake(scene, 'systemctl', `echo "$@" >> "${log}"`);
    for (const every of ['hourly', 'weekly', 'daily']) {
      const { code, stderr } = await scene.run(['schedule', 'install', '--every', every]);
      expect(code, stderr).toBe(0);
      const folder = join(scene.machine.home, '.config', 'systemd', 'user');
      for (const unit of ['claude-keys-rotate.timer', 'claude-keys-rotate.service']) {
        execFileSync(
          'systemd-analyze',
          ['verify', '--user', '--man=no', '--recursive-errors=one', join(folder, unit)],
          {
            env: { PATH: process.env['PATH'], HOME: scene.machine.home, XDG_RUNTIME_DIR: scene.machine.home },
            stdio: 'pipe',
          },
        );
      }
      const [, when = ''] =
        /^OnCalendar=(.*)$/m.exec(readFileSync(join(folder, 'claude-keys-rotate.timer'), 'utf8')) ?? [];
      execFileSync('systemd-analyze', ['calendar', when], { stdio: 'pipe' });
    }
    expect(readFileSync(log, 'utf8')).toContain('--user enable --now claude-keys-rotate.timer');
    expect((await scene.run(['schedule', 'status'])).stdout).toMatch(/^systemd: .*claude-keys-rotate\.timer$/m);
    const service = readFileSync(
      join(scene.machine.home, '.config', 'systemd', 'user', 'claude-keys-rotate.service'),
      'utf8',
    );
    expect(systemdWords(/^ExecStart=(.*)$/m.exec(service)?.[1] ?? '')).toEqual([
      process.execPath,
      ...(expected(scene)[0] as string[]),
    ]);
    expect((await scene.run(['schedule', 'uninstall'])).code).toBe(0);
    expect(existsSync(join(scene.machine.home, '.config', 'systemd', 'user', 'claude-keys-rotate.timer'))).toBe(false);
  });
});

/** systemd.service(5), "Command lines": quoted words, doubled percent and dollar signs, backslash escapes. */
function systemdWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = '']) =>
    word.replaceAll('%%', '%').replaceAll('$$', '$').replace(/\\(.)/g, '$1'),
  );
}

describe.skipIf(!requireTools('python3'))('as others write it', () => {
  test('a launchd agent is a property list with the program and its home', async () => {
    const scene = prepare('darwin');
    const { stdout } = await scene.run(['schedule', 'install', '--dry-run', '--json']);
    const [{ content }] = JSON.parse(stdout).files;
    const parsed = JSON.parse(
      execFileSync(
        'python3',
        ['-c', 'import plistlib,json,sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))'],
        {
          input: content,
          encoding: 'utf8',
        },
      ),
    );
    expect(parsed).toMatchObject({
      ProgramArguments: [process.execPath, ...(expected(scene)[0] as string[])],
      EnvironmentVariables: { CLAUDE_KEYS_HOME: scene.home },
      StartCalendarInterval: { Hour: 3, Minute: 37 },
    });
  });

  test('a Windows task is XML whose command line runs the program', async () => {
    const scene = prepare('win32');
    const { stdout } = await scene.run(['schedule', 'install', '--dry-run', '--json', '--every', 'hourly']);
    const [{ content }] = JSON.parse(stdout).files;
    const [program, line] = JSON.parse(
      execFileSync(
        'python3',
        [
          '-c',
          'import json,sys,xml.etree.ElementTree as E; t=E.fromstring(sys.stdin.read()); print(json.dumps([e.text for n in ("Command","Arguments") for e in t.iter() if e.tag.endswith("}"+n)]))',
        ],
        {
          input: content,
          encoding: 'utf8',
        },
      ),
    );
    execFileSync(program, windowsWords(line), { env: {} });
    expect(JSON.parse(readFileSync(scene.ran, 'utf8'))).toEqual(expected(scene));
  });
});

/** As the C runtime of Windows takes a command line of quoted words apart. */
function windowsWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const slashes = /^\\*/.exec(line.slice(at))?.[0].length ?? 0;
    if (slashes > 0) {
      const quote = line[at + slashes] === '"';
      word = `${word ?? ''}${'\\'.repeat(quote ? Math.floor(slashes / 2) : slashes)}`;
      at += slashes - 1;
      if (quote && slashes % 2 === 1) {
        word += '"';
        at += 1;
      }
    } else if (line[at] === '"') {
      if (word === null) word = '';
      else {
        words.push(word);
        word = null;
      }
    } else if (word !== null) word += line[at];
  }
  return words;
}

test('a system with nothing that runs programs says what to run', async () => {
  const scene = prepare();
  fake(scene, 'systemctl', 'exit 1');
  fake(scene, 'crontab', 'exit 127');
  const { code, stderr } = await scene.run(['schedule', 'install', '--with', 'launchd']);
  expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining('claude-keys rotate --due --yes') });
});

test.each([
  [['schedule', 'install', '--at', '25:00'], 'is not a time of day'],
  [['schedule', 'install', '--every', 'minute'], 'hourly, daily, weekly'],
])('%j is a usage error', async (argv, message) => {
  expect(await prepare().run(argv)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
});

test('a passphrase in a variable is not written down, and that is said', async () => {
  const machine = new TestMachine();
  const env = { CLAUDE_KEYS_PASSPHRASE: 'correct horse', PATH: '/nowhere' };
  const { stdout } = await machine.run(['schedule', 'install', '--with', 'crontab', '--dry-run'], { env });
  expect(stdout).toContain('rotate');
  expect(stdout).not.toContain('correct horse');
});
