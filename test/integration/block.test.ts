import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { INSTALLED_SHELLS, type InstalledShell } from '../../src/integration/places.ts';
import { canMountDisks, makeDisk, mountOver } from '../support/disk.ts';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

const PROFILE: Readonly<Record<InstalledShell, string>> = {
  bash: '.bashrc',
  zsh: '.zshrc',
  fish: '.config/fish/config.fish',
  powershell: '.config/powershell/profile.ps1',
};

const CONDA = `# >>> conda initialize >>>
# !! Contents within this block are managed by 'conda init' !!
__conda_setup="$('/opt/conda/bin/conda' 'shell.bash' 'hook' 2> /dev/null)"
if [ $? -eq 0 ]; then
    eval "$__conda_setup"
else
    export PATH="/opt/conda/bin:$PATH"
fi
unset __conda_setup
# <<< conda initialize <<<
`;

/** Profiles as people have them: the block goes in and comes out, and they are as they were. */
const PROFILES: Readonly<Record<string, string | Buffer>> = {
  empty: '',
  'one line': 'export EDITOR=vim\n',
  'no final newline': 'export EDITOR=vim',
  'no final newline, CRLF before': 'alias a=b\r\nexport X=1',
  'a last line that ends with CR alone': 'alias a=b\r\nexport X=1\r',
  CRLF: 'alias a=b\r\nexport X=1\r\n',
  'mixed line ends': 'a=1\r\nb=2\nc=3\r\n',
  'CR alone': 'a=1\rb=2\r',
  'blank lines at the end': 'a=1\n\n\n\n',
  'blank lines at the end, no newline behind': 'a=1\n\n  ',
  tabs: 'if true; then\n\texport X=1\n\t\t# deep\nfi\n',
  'trailing spaces': 'export X=1   \n   \n',
  'oh-my-zsh': `export ZSH="$HOME/.oh-my-zsh"\nZSH_THEME="robbyrussell"\nplugins=(git docker)\nsource $ZSH/oh-my-zsh.sh\n`,
  starship: 'eval "$(starship init bash)"\n',
  nvm: `export NVM_DIR="$HOME/.nvm"\n[ -s "$NVM_DIR/nvm.sh" ] && \\. "$NVM_DIR/nvm.sh"  # This loads nvm\n`,
  conda: CONDA,
  'conda, cut off behind its block': CONDA.trimEnd(),
  'Debian’s .bashrc': `case $- in\n    *i*) ;;\n      *) return;;\nesac\nHISTCONTROL=ignoreboth\nshopt -s histappend\nPS1='\${debian_chroot:+($debian_chroot)}\\u@\\h:\\w\\$ '\n`,
  'an early return': 'return 0\n',
  'a here-document': "cat <<'EOF' >/dev/null\n# >>> something else >>>\nEOF\n",
  'a here-document without its end': "cat <<'EOF'\n",
  'a backslash at the end': 'alias a=b \\\n',
  'an open quote': "alias a='b\n",
  latin1: Buffer.from('# f\xfcr mich\nexport NAME=M\xfcller\n', 'latin1'),
  'bytes that are no text': Buffer.from([0x23, 0xff, 0xfe, 0x80, 0x0a, 0xc3, 0x28, 0x0a]),
  'a byte order mark': '\uFEFFexport X=1\n',
  'a byte order mark alone': '\uFEFF',
  'UTF-8': '# 日本語 🔑\nexport GREETING="你好"\n',
  'our words in a comment': '# claude-keys >>> is nice\n',
  'a key in plain text': `export ANTHROPIC_API_KEY=${makeKey()}\n`,
  large: 'export X=1 # a line of a large profile\n'.repeat(2_000),
};

/** Each byte a character. */
function bytes(content: string | Buffer): string {
  return Buffer.from(content).toString('latin1');
}

function prepare(shell: InstalledShell, content?: string | Buffer) {
  const machine = new TestMachine();
  const file = join(machine.home, PROFILE[shell]);
  mkdirSync(dirname(file), { recursive: true });
  if (content !== undefined) writeFileSync(file, content);
  const shellCommand = (...argv: string[]) => machine.run(['shell', argv[0] ?? '', shell, ...argv.slice(1)]);
  return { machine, file, run: shellCommand };
}

// The lines of a PowerShell profile may end with CRLF, those of every other with LF.
describe.each(['bash', 'powershell'] as const)('a profile of %s', (shell) => {
  test.each(Object.entries(PROFILES))('is as it was after install and uninstall: %s', async (_, before) => {
    const { file, run } = prepare(shell, before);
    chmodSync(file, 0o640);
    expect(await run('install')).toMatchObject({ code: 0, stdout: '' });
    const installed = readFileSync(file);
    expect(bytes(installed).startsWith(bytes(before))).toBe(true);
    expect(bytes(installed)).toMatch(/^# >>> claude-keys >>>/m);
    expect((await run('install')).stderr).toContain('nothing was changed');
    expect(bytes(readFileSync(file))).toBe(bytes(installed));
    expect(await run('install', '--auto', '--wrap', 'claude')).toMatchObject({ code: 0 });
    expect(bytes(readFileSync(file))).toBe(bytes(installed));
    expect(await run('uninstall')).toMatchObject({ code: 0 });
    expect(bytes(readFileSync(file))).toBe(bytes(before));
    expect(statSync(file).mode & 0o777).toBe(0o640);
  });
});

describe.each(INSTALLED_SHELLS)('a profile of %s', (shell) => {
  test('that is missing is made, and is gone again', async () => {
    const { file, run, machine } = prepare(shell);
    await run('install');
    expect(existsSync(file)).toBe(true);
    await run('uninstall');
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(join(machine.home, 'claude-keys'))).not.toContain('shell');
  });

  test('that is a link stays one', async () => {
    const { file, run, machine } = prepare(shell);
    const real = join(machine.home, 'dotfiles-profile');
    writeFileSync(real, 'x=1\n');
    symlinkSync(real, file);
    await run('install');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toContain('claude-keys');
    await run('uninstall');
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, 'utf8')).toBe('x=1\n');
  });

  test('keeps what was written behind the block', async () => {
    const { file, run } = prepare(shell, 'first');
    await run('install');
    writeFileSync(file, `${readFileSync(file, 'utf8')}later\n`);
    await run('uninstall');
    expect(readFileSync(file, 'utf8')).toBe('first\nlater\n');
  });
});

describe('a profile that cannot take the block', () => {
  test.each<[string, string | Buffer, number | null, string]>([
    ['read-only', 'x=1\n', 0o444, 'is read-only'],
    ['UTF-16', Buffer.from('\uFEFFx=1\n', 'utf16le'), null, 'UTF-16'],
    ['half a block', '# >>> claude-keys >>>\nx=1\n', null, 'lacks a mark'],
    ['half a block, the other half', 'x=1\n# <<< claude-keys <<<\n', null, 'lacks a mark'],
    ['two halves', '# <<< claude-keys <<<\nx=1\n# >>> claude-keys >>>\n', null, 'lacks a mark'],
    [
      'half a block before a whole one',
      `# >>> claude-keys >>>\nx=1\n# >>> claude-keys >>>\n:\n# <<< claude-keys <<<\n# <<< claude-keys <<<\n`,
      null,
      'lacks a mark',
    ],
  ])('%s: is left alone, and nothing is written elsewhere', async (_, before, mode, words) => {
    const { machine, file, run } = prepare('bash', before);
    if (mode !== null) chmodSync(file, mode);
    const { code, stderr } = await run('install');
    expect(code).not.toBe(0);
    expect(stderr).toContain(words);
    expect(stderr).toContain('left alone');
    expect(readFileSync(file)).toEqual(Buffer.from(before));
    expect(existsSync(join(machine.home, 'claude-keys', 'shell'))).toBe(false);
  });

  test('a link to nowhere stays that', async () => {
    const { machine, file, run } = prepare('bash');
    symlinkSync(join(machine.home, 'nowhere'), file);
    expect((await run('install')).code).toBe(4);
    expect(lstatSync(file).isSymbolicLink()).toBe(true);
  });
});

describe.skipIf(!canMountDisks())('a profile on a disk of its own', () => {
  function prepareDisk() {
    const disk = makeDisk(64);
    const machine = new TestMachine();
    const file = join(disk.folder, '.zshrc');
    writeFileSync(file, 'x=1\n');
    const env = { ZDOTDIR: disk.folder };
    const run = (...argv: string[]) => machine.run(['shell', argv[0] ?? '', 'zsh', ...argv.slice(1)], { env });
    return { disk, file, run, made: () => existsSync(join(machine.home, 'claude-keys', 'shell')) };
  }

  test('that is full: nothing is left of what was written before', async () => {
    const { disk, file, run, made } = prepareDisk();
    const free = disk.fill();
    expect(await run('install')).toMatchObject({ code: 4, stderr: expect.stringContaining('the disk is full') });
    expect({ text: readFileSync(file, 'utf8'), made: made() }).toEqual({ text: 'x=1\n', made: false });
    free();
    await run('install', '--auto');
    disk.fill();
    writeFileSync(file, 'x=1\n');
    expect((await run('install', '--eager')).code).toBe(4);
    expect(made()).toBe(true);
  });

  test('that is read-only: is left alone, with a line that works by itself', async () => {
    const { disk, run, made } = prepareDisk();
    disk.makeReadOnly();
    const { code, stderr } = await run('install', '--wrap', 'claude');
    expect(code).toBe(4);
    expect(stderr).toContain('.zshrc is read-only; it was left alone');
    expect(stderr).toContain('eval "$(claude-keys shell init zsh --wrap claude)"');
    expect(made()).toBe(false);
  });

  test('that is the file alone, as in a container: it cannot be replaced', async () => {
    const { machine, file, run } = prepare('bash', 'x=1\n');
    const other = join(machine.home, 'other');
    writeFileSync(other, 'x=2\n');
    mountOver(other, file);
    const { code, stderr } = await run('install');
    expect(code).toBe(4);
    expect(stderr).toContain('it is mounted by itself, so it cannot be replaced');
    expect(existsSync(join(machine.home, 'claude-keys', 'shell'))).toBe(false);
  });
});

describe('shell install', () => {
  test('of bash says what login shells need, as a command', async () => {
    const { run, machine } = prepare('bash');
    expect((await run('install')).stderr).toContain(`echo '. ~/.bashrc' >> ~/.bash_profile`);
    writeFileSync(join(machine.home, '.profile'), 'x=1\n');
    expect((await run('install')).stderr).toContain(`echo '. ~/.bashrc' >> ${machine.home}/.profile`);
    writeFileSync(join(machine.home, '.profile'), '. ~/.bashrc\n');
    expect((await run('install')).stderr).not.toContain('login shells');
  });

  test('--dry-run shows the lines that would come, no line that is there, and changes nothing', async () => {
    const secret = makeKey();
    const { machine, file, run } = prepare('zsh', `export ANTHROPIC_API_KEY=${secret}`);
    const before = readFileSync(file);
    const { code, stdout, stderr } = await run('install', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain(`+++ ${file}\n@@ -1,0 +2,3 @@\n+# >>> claude-keys >>>`);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toContain('nothing was changed');
    expect(readFileSync(file)).toEqual(before);
    expect(existsSync(join(machine.home, 'claude-keys', 'shell'))).toBe(false);
    await run('install');
    const gone = await run('uninstall', '--dry-run');
    expect(gone.stdout).toMatch(/@@ -2,3 \+1,0 @@\n-# >>> claude-keys >>>/);
    expect(JSON.parse((await run('uninstall', '--dry-run', '--json')).stdout)).toMatchObject({
      shell: 'zsh',
      action: 'uninstall',
      dryRun: true,
      changed: true,
      files: expect.arrayContaining([expect.objectContaining({ path: file, kind: 'profile', change: 'changed' })]),
    });
  });

  test('of zsh tells where a .zshenv moves its files, and this environment does not', async () => {
    const { run, machine } = prepare('zsh');
    writeFileSync(join(machine.home, '.zshenv'), 'export ZDOTDIR=~/.config/zsh\n');
    expect((await run('install')).stderr).toContain('~/.zshenv sets ZDOTDIR, which is not set here');
    const env = { ZDOTDIR: join(machine.home, 'zsh') };
    expect((await machine.run(['shell', 'install', 'zsh'], { env })).stderr).not.toContain('~/.zshenv');
  });

  test('says in JSON what was done', async () => {
    const { file, run } = prepare('bash');
    const first = JSON.parse((await run('install', '--json')).stdout);
    expect(first).toMatchObject({ shell: 'bash', action: 'install', changed: true });
    expect(first.files).toContainEqual({ path: file, kind: 'profile', change: 'created' });
    expect(JSON.parse((await run('install', '--json')).stdout).changed).toBe(false);
  });

  test('with other options says what it replaces', async () => {
    const { run } = prepare('bash');
    await run('install', '--wrap', 'claude', '--key', 'prod');
    expect((await run('install', '--auto')).stderr).toContain(
      'in place of what was there: claude-keys shell install bash --key prod --wrap claude',
    );
  });

  test.each([
    [['install', 'bash', '--wrap', 'a b'], 'cannot be wrapped'],
    [['install', 'bash', '--wrap', 'cd'], 'cannot be wrapped'],
    [['install', 'bash', '--wrap', '$(id)'], 'cannot be wrapped'],
    [['install', 'bash', '--wrap', '../x'], 'cannot be wrapped'],
    [['install', 'bash', '--key', 'a b'], 'is not a key name'],
    [['install', 'nushell'], 'nushell is set up by a file of yours'],
    [['init', 'nushell', '--auto'], '--auto is not made for nushell'],
    [['init', 'bash', '--dry-run'], 'init changes nothing'],
    [['uninstall', 'bash', '--eager'], 'uninstall takes everything away'],
  ])('refuses %j', async (argv, words) => {
    const { code, stdout, stderr } = await new TestMachine().run(['shell', ...argv]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});
