import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, install } from '../support/installed.ts';
import { run, runProgram } from '../support/program.ts';
import { requireTools } from '../support/require.ts';

/** One machine for all: completing changes nothing. */
let machine: Installed;
beforeAll(async () => {
  machine = await install('laptop', 'laundry', 'add');
  writeFileSync(join(machine.home, 'some file.txt'), '');
});
afterAll(() => machine?.remove());

/** What is typed, and what the shell offers for it: exactly this. */
const LINES: ReadonlyArray<readonly [line: string, offered: readonly string[]]> = [
  ['claude-keys ex', ['exec', 'export']],
  ['claude-keys --json ex', ['exec', 'export']],
  ['claude-keys --ver', ['--verbose', '--version']],
  ['claude-keys export --sh', ['--shell']],
  ['claude-keys export --shell po', ['powershell']],
  ['claude-keys export --format ', ['dotenv', 'github-actions', 'json']],
  ['claude-keys add --env prod --sto', ['--store']],
  ['claude-keys add --store ', ['file', 'keychain']],
  ['claude-keys add --note add --store k', ['keychain']],
  ['claude-keys add --from-env CK_', ['CK_SOME_VARIABLE']],
  ['claude-keys export --var CK_', ['CK_SOME_VARIABLE']],
  ['claude-keys print ', ['add', 'laptop', 'laundry']],
  ['claude-keys print la', ['laptop', 'laundry']],
  ['claude-keys print --force la', ['laptop', 'laundry']],
  ['claude-keys rm lap', ['laptop']],
  ['claude-keys ls laptop la', ['laptop', 'laundry']],
  ['claude-keys print add l', []],
  ['claude-keys rename lap', ['laptop']],
  ['claude-keys rename laptop la', []],
  ['claude-keys completion ', ['bash', 'fish', 'powershell', 'zsh']],
  ['claude-keys help ver', ['verify']],
  ['claude-keys exec la', ['laptop', 'laundry']],
  ['claude-keys exec --va', ['--var']],
  ['claude-keys exec laptop -- printen', ['printenv']],
  ['claude-keys exec laptop -- cat some', ['some file.txt']],
];

/** How each shell is asked for what it offers, without a keyboard. */
const SHELLS: Record<string, { tools: string[]; ask(lines: readonly string[]): Promise<string> }> = {
  bash: {
    tools: ['bash'],
    // bash itself splits the line into words; none of these has a quote.
    ask: (lines) =>
      script(
        'bash',
        ['--norc', '--noprofile'],
        [
          'source <(claude-keys completion bash)',
          ...lines.flatMap((line) => [
            `COMP_WORDS=(${line}${line.endsWith(' ') ? "''" : ''}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))`,
            `_claude_keys; printf '%s\\n' "\${COMPREPLY[@]}" -END-`,
          ]),
        ],
      ),
  },
  fish: {
    tools: ['fish'],
    ask: (lines) =>
      script(
        'fish',
        ['--no-config'],
        [
          'claude-keys completion fish | source',
          ...lines.flatMap((line) => [
            `complete -C '${line}' | string replace -r '\\t.*' '' | string unescape`,
            'echo -END-',
          ]),
        ],
      ),
  },
  zsh: {
    tools: ['zsh'],
    // In a terminal of its own, since zsh completes nowhere else; what it would offer is written down by `compadd`.
    ask: (lines) =>
      script(
        'zsh',
        ['-f'],
        [
          'zmodload zsh/zpty; zpty z zsh -f -i; out=$PWD/offered; done=$PWD/done',
          `say() { rm -f $done; zpty -w z "$1; : > $done"; until [[ -e $done ]]; do zpty -r -t z _; done }`,
          `say 'autoload -Uz compinit; compinit -u -D; bindkey -e; LISTMAX=0; setopt no_beep; source <(claude-keys completion zsh)'`,
          `say 'compadd() {
           local -a hits; [[ " $* " == *" -"[OAD]" "* ]] || { builtin compadd -A hits "$@"; print -rl -- \${(Q)hits} >> offered }
           builtin compadd "$@" }'`,
          `say 'finished() { : > done }; zle -N complete-then-tell; complete-then-tell() { zle complete-word; zle kill-whole-line; finished }
           bindkey "^T" complete-then-tell'`,
          ...lines.flatMap((line) => [
            `: > $out; rm -f $done; zpty -w -n z '${line}'$'\\x14'; until [[ -e $done ]]; do zpty -r -t z _; done`,
            'cat $out; print -r -- -END-',
          ]),
          'zpty -d z',
        ],
      ),
  },
};

async function script(shell: string, args: readonly string[], lines: readonly string[]): Promise<string> {
  const file = join(machine.home, `script.${shell}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  const { stdout, stderr } = await run(shell, [...args, file], {
    env: { ...machine.env, CK_SOME_VARIABLE: 'x' },
    cwd: machine.home,
  });
  expect(stderr).toBe('');
  return stdout;
}

describe.each(Object.entries(SHELLS))('in a real %s', (_, { tools, ask }) => {
  test.skipIf(!requireTools(...tools))('offers what fits, and nothing else', async () => {
    const output = await ask(LINES.map(([line]) => line));
    const offered = output
      .split('-END-\n')
      .slice(0, -1)
      .map((part) => [...new Set(part.split('\n'))].filter(Boolean).sort());
    expect(LINES.map(([line], index) => [line, offered[index]])).toEqual(LINES);
  });
});

describe('completion', () => {
  test('offers no key, and says nothing, when the registry is damaged', async () => {
    const home = join(machine.home, 'damaged');
    mkdirSync(home);
    writeFileSync(join(home, 'registry.json'), 'not a registry');
    const result = await runProgram(['completion', 'names'], { env: { CLAUDE_KEYS_HOME: home } });
    expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('knows which shells it knows', async () => {
    const result = await runProgram(['completion', 'tcsh'], {});
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('the shells are: bash, zsh, fish, powershell');
  });
});
