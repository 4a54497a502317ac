import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SHELLS } from '../../src/shells/index.ts';
import { type Installed, install } from '../support/installed.ts';
import { PROGRAM, run, runProgram } from '../support/program.ts';
import { requireTools } from '../support/require.ts';

// Real shells load what `shell install` made, and are typed at through a pipe: interactive ones, with prompts.

/** fish reads no pipe as it reads a terminal: it gets the lines at once, and the event of a prompt by hand. */
const PROMPT = { bash: ':', zsh: ':', fish: 'emit fish_prompt' } as const;
type Tested = keyof typeof PROMPT;

const PROFILES = { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/config.fish' } as const;

/** What a profile may have set before ours is read. */
const WORDS = 'export unset local function typeset printf print builtin command cd eval'.split(' ');
const ALIASES = WORDS.map((word) => `alias ${word}='echo alias'`).join('\n');
const READ_OTHERWISE: Readonly<Record<Tested, string>> = {
  bash: `shopt -s failglob nocasematch expand_aliases\nset -euC -o pipefail\n${ALIASES}`,
  zsh: `setopt ignore_braces ksh_arrays sh_word_split nounset err_exit no_clobber extended_glob\n${ALIASES}`,
  fish: `alias cd='echo alias'\nset -g folder a\nset -g name b`,
};

const SHOW = 'printenv ANTHROPIC_API_KEY || echo none';
const NASTY = `it's "x" $(touch executed) \`touch executed\` \\ \\\\ \\n  two  spaces !! !x {a,b} * ~ #c ; & | <f >g % é日本🔑\ttab`;

let machine: Installed;
let prod = '';
let staging = '';
beforeAll(async () => {
  machine = await install('prod', 'staging');
  prod = machine.secrets['prod'] ?? '';
  staging = machine.secrets['staging'] ?? '';
  // Else the first fish makes completions of all manual pages, in the background.
  mkdirSync(join(machine.home, '.local', 'share', 'fish', 'generated_completions'), { recursive: true });
  await runProgram(['use', 'prod'], { env: machine.env });
});
afterAll(() => machine?.remove());

const keys = (...argv: string[]) => runProgram(argv, { env: machine.env, cwd: machine.home });

describe.each(Object.keys(PROMPT) as Tested[])('a real %s', (shell) => {
  const here = requireTools(shell);

  /** What these lines print, in a shell that is set up with these options. */
  async function typed(options: readonly string[], lines: readonly string[], env: Record<string, string> = {}) {
    const { code, stderr } = await keys('shell', 'install', shell, ...options);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return typedAgain(lines, env);
  }

  async function typedAgain(lines: readonly string[], env: Record<string, string> = {}) {
    const input = [...lines, PROMPT[shell], ''].join('\n');
    const all = {
      ...machine.env,
      XDG_CONFIG_HOME: join(machine.home, '.config'),
      HISTFILE: '',
      fish_greeting: '',
      ...env,
    };
    const { stdout, stderr } = await run(shell, argsFor(shell, input), { env: all, cwd: machine.home, input });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what fish tells a terminal with its prompt
    const text = stdout.replace(/\x1b\[\?2004[hl]/g, '');
    return { lines: text.split('\n').filter((line) => line !== ''), stderr };
  }

  beforeEach(() => {
    for (const name of ['project', 'executed']) rmSync(join(machine.home, name), { recursive: true, force: true });
  });

  test.skipIf(!here)('ckuse sets the variable, of the key that is named or meant; ckunuse unsets it', async () => {
    const script = [SHOW, 'ckuse', SHOW, 'ckuse staging', SHOW, 'ckunuse', SHOW, 'ckuse prod --var MY_KEY', SHOW];
    const { lines } = await typed([], [...script, 'printenv MY_KEY', 'ckunuse', 'printenv MY_KEY || echo none']);
    expect(lines).toEqual(['none', prod, staging, 'none', 'none', prod, 'none']);
  });

  test.skipIf(!here)('ckuse tells what is wrong, and runs no help text', async () => {
    const { lines, stderr } = await typed([], ['ckuse nobody; or true', 'ckuse --help', SHOW].map(portable));
    expect(stderr).toContain('there is no key named nobody');
    expect(lines.join('\n')).toContain('Usage: claude-keys export');
    expect(lines.at(-1)).toBe('none');
  });

  test.skipIf(!here)('says so when the program is gone, also for a wrapped command', async () => {
    const { code } = await keys('shell', 'install', shell, '--wrap', 'show-all');
    expect(code).toBe(0);
    const file = join(machine.home, 'keys', 'shell', `claude-keys.${shell}`);
    // As if it had been made by a copy that was removed since.
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(PROGRAM[1], '/gone/claude-keys.js'));
    const PATH = (machine.env['PATH'] ?? '').split(':').slice(1).join(':');
    const { lines, stderr } = await typedAgain(['ckuse', SHOW, 'show-all', 'claude-keys status', 'echo on'], { PATH });
    expect(lines).toEqual(['none', 'on']);
    expect(stderr.split('claude-keys: it is not on PATH, nor where it was: /gone/claude-keys.js')).toHaveLength(4);
    expect(stderr).toContain(`then: claude-keys shell install ${shell}`);
  });

  test.skipIf(!here)('--key says which key is meant', async () => {
    expect((await typed(['--key', 'staging'], ['ckuse', SHOW])).lines).toEqual([staging]);
  });

  test.skipIf(!here)('works with options and aliases that change how code is read', async () => {
    machine.addProgram('show-all', `#!/bin/sh\nprintenv ANTHROPIC_API_KEY\n`);
    const profile = join(machine.home, PROFILES[shell]);
    mkdirSync(dirname(profile), { recursive: true });
    writeFileSync(profile, `${READ_OTHERWISE[shell]}\n`);
    const options = ['--auto', '--remind', '--wrap', 'show-all'];
    const { lines, stderr } = await typed(options, ['ckuse', SHOW, 'ckunuse', SHOW, 'show-all', 'ckuse staging', SHOW]);
    rmSync(profile);
    expect(lines).toEqual([prod, 'none', prod, staging]);
    expect(stderr).not.toMatch(/error|bad pattern|not found|parameter not set|unbound/);
  });

  test.skipIf(!here)('is loaded from a folder of any name', async () => {
    const home = join(machine.home, `it's "a" $(touch executed) [x]* \\ folder`);
    cpSync(join(machine.home, 'keys'), home, { recursive: true });
    const env = { ...machine.env, CLAUDE_KEYS_HOME: home };
    const { code } = await runProgram(['shell', 'install', shell, '--auto', '--remind'], { env });
    expect(code).toBe(0);
    const { lines, stderr } = await typedAgain(['ckuse', SHOW], { CLAUDE_KEYS_HOME: home });
    await runProgram(['shell', 'uninstall', shell], { env });
    expect(lines).toEqual([prod]);
    expect(stderr).not.toMatch(/error|bad pattern|not found/);
    expect(existsSync(join(machine.home, 'executed'))).toBe(false);
  });

  test.skipIf(!here)('--wrap gives the key to the command and not to the shell', async () => {
    const args = `'a b' "it's" '*' ''`;
    machine.addProgram(
      'show-all',
      `#!/bin/sh\nprintenv ANTHROPIC_API_KEY\nfor each; do echo "<$each>"; done\nexit 7\n`,
    );
    const status = shell === 'fish' ? '$status' : '$?';
    const { lines } = await typed(['--wrap', 'show-all'], [`show-all ${args}; echo "code ${status}"`, SHOW]);
    expect(lines).toEqual([prod, '<a b>', "<it's>", '<*>', '<>', 'code 7', 'none']);
  });

  test.skipIf(!here)('--eager sets it from the start', async () => {
    expect((await typed(['--eager', '--key', 'staging'], [SHOW])).lines).toEqual([staging]);
    // Where the key cannot be had, the shell starts all the same.
    expect((await typed(['--eager', '--key', 'nobody'], ['echo up'])).lines).toEqual(['up']);
  });

  test.skipIf(!here)('--remind shows what is due once a day', async () => {
    const line: string = JSON.parse((await keys('remind', '--cache', '--json')).stdout).file;
    mkdirSync(dirname(line), { recursive: true });
    rmSync(`${line}.shown`, { force: true });
    const said = async () => (await typedAgain(['echo up'])).stderr.split('\n').filter((text) => text.includes('due'));
    expect((await typed(['--remind'], ['echo up'])).lines).toEqual(['up']);
    writeFileSync(line, 'claude-keys: prod is due for rotation\n');
    expect(await said()).toEqual(['claude-keys: prod is due for rotation']);
    expect(await said()).toEqual([]);
    // The next day.
    writeFileSync(`${line}.shown`, '20200101\n');
    utimesSync(`${line}.shown`, 0, 0);
    writeFileSync(line, 'something due \x07 hostile\n');
    expect(await said()).toEqual([]);
    rmSync(line);
    expect((await typedAgain(['echo up'])).lines).toEqual(['up']);
  });

  test.skipIf(!here)('any value comes out exactly, and nothing of it is run', async () => {
    const values = [NASTY, `two\nlines\n\n$(touch executed)\n`, `'`, `\\`, `-n`, ` `];
    const folder = join(machine.home, 'fake');
    mkdirSync(folder, { recursive: true });
    for (const value of values) {
      // The program's own words for this shell, as if the key were this.
      writeFileSync(join(folder, 'code'), `${SHELLS[shell].setVar('ANTHROPIC_API_KEY', value)}\n`);
      writeFileSync(join(folder, 'claude-keys'), `#!/bin/sh\ncat '${join(folder, 'code')}'\n`, { mode: 0o755 });
      const script = ['ckuse', `printenv -0 ANTHROPIC_API_KEY > '${join(folder, 'value')}'`];
      await typed([], script, { PATH: `${folder}:${machine.env['PATH']}` });
      expect(readFileSync(join(folder, 'value'), 'utf8')).toBe(`${value}\0`);
    }
    expect(existsSync(join(machine.home, 'executed'))).toBe(false);
  });

  describe('--auto', () => {
    const project = () => join(machine.home, 'project');
    const bind = (content: string) => {
      mkdirSync(join(project(), 'src'), { recursive: true });
      writeFileSync(join(project(), '.claude-keys'), content);
    };

    test.skipIf(!here)('follows an allowed folder and those below, and puts back what was there', async () => {
      bind('staging\n');
      await keys('allow', project());
      const walk = ['cd project', SHOW, 'cd src', SHOW, 'cd ../..', SHOW];
      expect((await typed(['--auto'], walk)).lines).toEqual([staging, staging, 'none']);
      const set = shell === 'fish' ? 'set -gx ANTHROPIC_API_KEY mine' : 'export ANTHROPIC_API_KEY=mine';
      expect((await typedAgain([set, ...walk])).lines).toEqual([staging, staging, 'mine']);
      // What the user changes within is the user's.
      expect((await typedAgain(['cd project', set, 'cd ..', SHOW])).lines).toEqual(['mine']);
    });

    test.skipIf(!here)('a shell that is started in a folder does not keep its key outside', async () => {
      bind('staging\n');
      await keys('allow', project());
      const { lines } = await typed(['--auto'], ['cd project', 'printenv CLAUDE_KEYS_AUTO']);
      const marker = lines[0] ?? '';
      expect(marker).toBe(`ANTHROPIC_API_KEY:${staging.slice(-4)}`);
      // What tmux, an editor or a second shell hands on.
      const inherited = (value: string) => ({ CLAUDE_KEYS_AUTO: marker, ANTHROPIC_API_KEY: value });
      const walk = [PROMPT[shell], SHOW, 'cd project', SHOW, 'cd ..', SHOW];
      expect((await typedAgain(walk, inherited(staging))).lines).toEqual(['none', staging, 'none']);
      expect((await typedAgain(walk, inherited('mine'))).lines).toEqual(['mine', staging, 'mine']);
      for (const hostile of ['a[$(touch executed)]:x', '$(touch executed):x', ':', 'PATH:', 'x'])
        await typedAgain([PROMPT[shell], SHOW], { CLAUDE_KEYS_AUTO: hostile });
      expect(existsSync(join(machine.home, 'executed'))).toBe(false);
    });

    test.skipIf(!here)('asks before it follows, once, and follows as soon as it may', async () => {
      bind('staging\n');
      const script = ['cd project', SHOW, ':', ':', 'claude-keys allow --quiet', PROMPT[shell], SHOW];
      await keys('deny', project());
      const { lines, stderr } = await typed(['--auto'], [...script, 'claude-keys deny --quiet', PROMPT[shell], SHOW]);
      expect(lines).toEqual(['none', staging, 'none']);
      expect(stderr.split('asks for the key staging').length - 1).toBe(1);
      expect(stderr).toContain(`claude-keys: ${project()} asks for the key staging; to let it have that key:`);
    });

    test.skipIf(!here)('drops a key when the file asks for another one', async () => {
      bind('staging\n');
      await keys('allow', project());
      const script = ['cd project', SHOW, 'echo prod > .claude-keys', PROMPT[shell], SHOW];
      const { lines, stderr } = await typed(['--auto'], script);
      expect(lines).toEqual([staging, 'none']);
      expect(stderr).toContain('asks for the key prod');
    });

    test.skipIf(!here)('runs nothing of what stands in a file or in the name of a folder', async () => {
      const names = ['$(touch executed)', '`touch executed`', "a'b", 'a"b', 'a b', 'a\\nb', ';touch executed;', '[x]*'];
      for (const name of names) {
        mkdirSync(join(project(), name), { recursive: true });
        writeFileSync(join(project(), name, '.claude-keys'), `$(touch ${machine.home}/executed)\n`);
      }
      const quote = (text: string) =>
        shell === 'fish' ? `'${text.replace(/['\\]/g, '\\$&')}'` : `'${text.replaceAll("'", `'\\''`)}'`;
      const { lines } = await typed(['--auto'], [...names.map((name) => `cd ${quote(join(project(), name))}`), SHOW]);
      expect(lines).toEqual(['none']);
      expect(existsSync(join(machine.home, 'executed'))).toBe(false);
      for (const name of names) {
        writeFileSync(join(project(), name, '.claude-keys'), 'staging\n');
        await keys('allow', join(project(), name));
        expect((await typedAgain([`cd ${quote(join(project(), name))}`, SHOW])).lines).toEqual([staging]);
      }
    });

    test.skipIf(!here || !requireTools('strace'))('starts no process while nothing changes', async () => {
      bind('staging\n');
      await keys('allow', project());
      await keys('shell', 'install', shell, '--auto');
      const log = join(machine.home, 'strace.log');
      const prompts = Array.from({ length: 10 }, () => PROMPT[shell]);
      const input = ['cd project', 'echo begin', ...prompts, 'cd src', 'cd ..', ...prompts, 'echo end', ''].join('\n');
      const calls = 'execve,fork,vfork,clone,clone3,write';
      const args = ['-f', '-o', log, '-e', `trace=${calls}`, shell, ...argsFor(shell, input)];
      const env = { ...machine.env, XDG_CONFIG_HOME: join(machine.home, '.config'), HISTFILE: '' };
      await run('strace', args, { env, cwd: machine.home, input });
      const trace = readFileSync(log, 'utf8');
      const [before = '', within = '', after] = trace.split(/write\(1, "(?:begin|end)/);
      expect(after).toBeDefined();
      // It did ask for the key when the folder was entered.
      expect(before).toMatch(/execve\(.*claude-keys/);
      // fish has threads of its own, which read what is typed.
      const started = within
        .split('\n')
        .filter((line) => /(?:execve|fork|clone3?)\(/.test(line) && !/CLONE_THREAD/.test(line));
      expect(started).toEqual([]);
    });
  });
});

function argsFor(shell: Tested, lines: string): string[] {
  return shell === 'fish' ? ['-i', '-c', lines] : ['-i'];
}

/** `; or true` as fish has it; the others go on by themselves. */
function portable(line: string): string {
  return line.replace('; or true', ' || true');
}
