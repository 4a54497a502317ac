import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SHELLS } from '../../src/shells/index.ts';
import { temporaryFolder } from '../support/host.ts';
import { requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

/** What each shell makes special somewhere, and what breaks naive quoting. */
const VALUES = [
  makeKey(),
  '',
  ' ',
  '-n',
  '--help',
  'a  b\tc ',
  "it's",
  "''",
  "'",
  `a'"'"b''c"d""`,
  '$(touch pwned)',
  '`touch pwned`',
  `$HOME $\{HOME} @{x} %PATH% $env:HOME`,
  '\\ \\\\ \\n \\t \\x41 \\u0041 x\\',
  "\\'",
  '!! !x !$ ^a^b',
  '*?[a-z]{a,b}{x,touch pwned} ~ ~root',
  '; touch pwned | touch pwned & touch pwned > pwned # no',
  '(touch pwned) <(touch pwned) =ls',
  'ключ \u2018\u2019\u201a\u201b \u201cé\u201d 鍵 🔑',
  'first\nsecond\n\nfourth',
  '\n',
  'carriage\rreturn',
  ...Array.from({ length: 40 }, noise),
];

function noise(): string {
  return Array.from({ length: randomInt(1, 30) }, () => String.fromCharCode(randomInt(32, 127))).join('');
}

/** How each shell is run with a script in a file; the words are those of the shell's own manual. */
const RUNS = {
  bash: ['bash', '--norc', '--noprofile'],
  zsh: ['zsh', '-f'],
  sh: ['dash'],
  fish: ['fish', '--no-config'],
  csh: ['tcsh', '-f'],
  elvish: ['elvish', '-norc'],
  xonsh: ['xonsh', '--no-rc'],
} as const;

type RunShell = keyof typeof RUNS;

/** Runs the script in the real shell and gives its output; the folder is its current one. */
function runScript(shell: RunShell, folder: string, script: string, env: Record<string, string> = {}): string {
  const [program, ...args] = RUNS[shell];
  const file = join(folder, 'script');
  writeFileSync(file, script);
  return execFileSync(program, [...args, file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8', ...env },
    encoding: 'utf8',
  });
}

/** How the shell runs the code in a file: as a person is told to. */
function evaluateFile(name: RunShell, file: string): string {
  return SHELLS[name].evaluate(`cat ${file}`);
}

/** Without capturing the output of a child: on a busy machine xonsh (0.13) now and then takes that for empty. */
function evaluateInXonsh(_: RunShell, file: string): string {
  return `execx(open('${file}').read())`;
}

/** What the variable is in a child of the shell, after the shell has read each value. */
function readBack(name: RunShell, values: readonly string[], evaluate = evaluateFile): string[] {
  const folder = temporaryFolder();
  const shell = SHELLS[name];
  const separator = randomBytes(8).toString('hex');
  const lines = values.flatMap((value, index) => {
    const file = join(folder, `code${index}`);
    writeFileSync(file, `${shell.setVar('CK_VALUE', value)}\n`);
    return [evaluate(name, file), 'printenv CK_VALUE', 'printenv CK_SEPARATOR'];
  });
  const output = runScript(name, folder, `${lines.join('\n')}\n`, { CK_SEPARATOR: separator });
  return output.split(`\n${separator}\n`).slice(0, -1);
}

for (const name of Object.keys(RUNS) as RunShell[]) {
  describe.skipIf(!requireTools(RUNS[name][0], 'printenv'))(`in a real ${name}`, () => {
    const values = VALUES.filter((value) => name !== 'csh' || !/[\r\n]/.test(value));

    test('every value arrives as it is', () => {
      expect(readBack(name, values, name === 'xonsh' ? evaluateInXonsh : evaluateFile)).toEqual(values);
    });

    test('so does one by the line that a person is told to type', { retry: name === 'xonsh' ? 4 : 0 }, () => {
      const value = values.filter((one) => !/[\r\n]/.test(one)).join(' ');
      expect(readBack(name, [value])).toEqual([value]);
    });

    test('unsetting works, twice too', () => {
      const shell = SHELLS[name];
      const folder = temporaryFolder();
      const lines = [shell.setVar('CK_VALUE', 'x'), shell.unsetVar('CK_VALUE'), shell.unsetVar('CK_VALUE')];
      const output = runScript(name, folder, `${lines.join('\n')}\nenv\n`);
      expect(output).toContain('HOME=');
      expect(output).not.toContain('CK_VALUE');
    });
  });
}

/** At a prompt `!` is history expansion, which a script never sees: what `--force` showed may be pasted there. */
describe.each([
  ['bash', ['bash', '--norc', '--noprofile', '-i']],
  ['zsh', ['zsh', '-f', '-i']],
  ['csh', ['tcsh', '-f', '-i']],
] as const)('pasted at the prompt of %s', (name, [program, ...args]) => {
  test.skipIf(!requireTools(program))('every value arrives as it is', () => {
    const values = VALUES.filter((value) => !/[\r\n\t]/.test(value));
    const folder = temporaryFolder();
    const lines = values.flatMap((value, index) => [
      SHELLS[name].setVar('CK_VALUE', value),
      `printenv CK_VALUE > value${index}`,
    ]);
    const env = { PATH: process.env['PATH'], HOME: folder, LC_ALL: 'C.UTF-8' };
    spawnSync(program, args, { cwd: folder, env, input: `echo an earlier command\n${lines.join('\n')}\n` });
    expect(values.map((_, index) => readFileSync(join(folder, `value${index}`), 'utf8').slice(0, -1))).toEqual(values);
  });
});

test('csh refuses a line break, which it cannot hold', () => {
  expect(() => SHELLS.csh.setVar('A', 'a\nb')).toThrow('csh cannot take this secret: it holds a line break');
});

/** Not to be had everywhere: checked against about_Quoting_Rules and about_Environment_Variables. */
describe('powershell', () => {
  test.each([
    ['plain', "$env:A = 'plain'"],
    ['', "$env:A = ''"],
    ['$(id) `n "x" $env:B', `$env:A = '$(id) \`n "x" $env:B'`],
    ["it's", "$env:A = 'it''s'"],
    ['\u2018\u2019\u201a\u201b', "$env:A = '\u2018\u2018\u2019\u2019\u201a\u201a\u201b\u201b'"],
    ["a\r\n'b", "$env:A = ('' + 'a' + [char]13 + [char]10 + '''b')"],
    ['\n', "$env:A = ('' + [char]10)"],
  ])('%j', (value, code) => {
    expect(SHELLS.powershell.setVar('A', value)).toBe(code);
  });

  test('unsetting a variable that is not there is no error', () => {
    expect(SHELLS.powershell.unsetVar('A')).toBe('Remove-Item -Path Env:A -ErrorAction Ignore');
  });
});

/** The same, against the book's "Working with strings" and the reference of `hide-env`. */
describe('nushell', () => {
  test.each([
    ['plain', '$env.A = "plain"'],
    ['', '$env.A = ""'],
    ["$x (id) `id` 'q'", `$env.A = "$x (id) \`id\` 'q'"`],
    ['a"b\\c', '$env.A = "a\\"b\\\\c"'],
    ['a\r\n\tb', '$env.A = "a\\r\\n\\tb"'],
  ])('%j', (value, code) => {
    expect(SHELLS.nushell.setVar('A', value)).toBe(code);
  });

  test('unsetting a variable that is not there is no error', () => {
    expect(SHELLS.nushell.unsetVar('A')).toBe('hide-env --ignore-errors A');
  });
});
