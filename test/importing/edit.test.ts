import { describe, expect, test } from 'vitest';
import { applyEdit } from '../../src/importing/edit/edit.ts';
import { REMOVERS, type Syntax } from '../../src/importing/edit/index.ts';
import { findKeys } from '../../src/keys/find.ts';
import { makeKey } from '../support/secrets.ts';

/** `%` stands for a key. What is expected is the text without it, or a part of the reason why a person has to do it. */
type Case = readonly [syntax: Syntax, before: string, after: string];
const byHand = (reason: string) => `by hand: ${reason}`;

function remove(syntax: Syntax, text: string): string {
  const whole = text.replaceAll('%', makeKey());
  const [target] = findKeys(whole).keys;
  if (target === undefined) throw new Error('no key in the text');
  const edit = REMOVERS[syntax](whole, target, (variable) => `${variable} NOTE`);
  return typeof edit === 'string' ? byHand(edit) : applyEdit(whole, edit);
}

const POSIX: readonly Case[] = [
  ['posix', 'export K=%\n', '# K NOTE\n'],
  ['posix', 'export K="%"\n', '# K NOTE\n'],
  ['posix', "export K='%'", '# K NOTE'],
  ['posix', "K=$'%'\n", '# K NOTE\n'],
  ['posix', 'export "K=%"\n', '# K NOTE\n'],
  ['posix', '\t  export K=%;  # mine\r\nnext\r\n', '\t  # K NOTE  # mine\r\nnext\r\n'],
  ['posix', '\u00ef\u00bb\u00bfexport K=%\n', '\u00ef\u00bb\u00bf# K NOTE\n'],
  ['posix', 'typeset -gx K=%\n', '# K NOTE\n'],
  ['posix', 'export A=1 K=% B=2\n', 'export A=1 B=2\n'],
  ['posix', 'export K=% B=2\n', 'export B=2\n'],
  ['posix', 'export A=1 \\\n  K=% \\\n  B=2\n', 'export A=1 \\\n  B=2\n'],
  ['posix', 'export \\\n  K=%\n', '# K NOTE\n'],
  ['posix', 'A=1 K=% B=2\n', 'A=1 B=2\n'],
  ['posix', 'K=% aider --model x\n', 'aider --model x\n'],
  ['posix', 'env A=1 K=% aider\n', 'env A=1 aider\n'],
  ['posix', 'FOO=1; export K=%\n', 'FOO=1\n'],
  ['posix', 'FOO=1; export K=%; BAR=2\n', 'FOO=1; BAR=2\n'],
  ['posix', 'K=%; export K\n', 'export K\n'],
  ['posix', 'true && export K=%\n', 'true && :\n'],
  ['posix', 'export K=% && true\n', ': && true\n'],
  ['posix', 'f() { export K=%; }\n', 'f() { :; }\n'],
  ['posix', 'f() {\n  export K=%\n}\n', 'f() {\n  : # K NOTE\n}\n'],
  ['posix', 'if [ -f x ]; then\n  # why\n  export K=%\nfi\n', 'if [ -f x ]; then\n  # why\n  : # K NOTE\nfi\n'],
  ['posix', 'if a; then export K=%; fi\n', 'if a; then :; fi\n'],
  ['posix', 'case $x in\n  a) export K=% ;;\nesac\n', 'case $x in\n  a) : ;;\nesac\n'],
  ['posix', '(export K=%; run)\n', '(:; run)\n'],
  ['posix', "alias x='K=% aider'\n", "alias x='aider'\n"],
  ['posix', 'alias x="env K=% aider"\n', 'alias x="env aider"\n'],
  ['posix', '# export K=%\n', '# K NOTE\n'],
  ['posix', '#K="%"\n', '# K NOTE\n'],
  ['posix', 'x=1 # old: % do not use\n', 'x=1 # old: [removed by claude-keys] do not use\n'],
  ['posix', `echo "it's \${x:-it's}"\nexport K=%\n`, `echo "it's \${x:-it's}"\n# K NOTE\n`],
  ['posix', 'x=(a b)\nexport K=%\n', 'x=(a b)\n# K NOTE\n'],
  ['posix', "cat <<EOF\nit's\nEOF\nexport K=%\n", "cat <<EOF\nit's\nEOF\n# K NOTE\n"],
  ['posix', 'x=$(cat <<< "a # b")\nexport K=%\n', 'x=$(cat <<< "a # b")\n# K NOTE\n'],
  ['posix', 'cat > .env <<EOF\nK=%\nEOF\n', byHand('it stands in a here-document')],
  ['posix', 'cat > .env <<-"EOF"\n\tK=%\n\tEOF\n', byHand('it stands in a here-document')],
  ['posix', "echo 'open\nexport K=%\n", byHand('a quote or here-document')],
  ['posix', `export K="\${K:-%}"\n`, byHand('it is part of something longer')],
  ['posix', `: "\${K:=%}"\n`, byHand('it is part of something longer')],
  ['posix', 'export H="x-api-key: %"\n', byHand('it is part of something longer')],
  ['posix', 'curl -H "x-api-key: %" https://x\n', byHand('it is part of something longer')],
  ['posix', 'docker run -e K=% x\n', byHand('it is an argument of docker')],
  ['posix', 'echo K=% > .env\n', byHand('its line redirects')],
  ['posix', 'x="$(K=% run)"\n', byHand('it is part of something longer')],
  ['posix', 'echo "\nexport K=%\n"\n', byHand('it is part of something longer')],
];

const FISH: readonly Case[] = [
  ['fish', 'set -gx K %\n', '# K NOTE\n'],
  ['fish', '  set --global --export K "%" # mine\n', '  # K NOTE # mine\n'],
  ['fish', 'if status is-interactive\n  set -x K %\nend\n', 'if status is-interactive\n  # K NOTE\nend\n'],
  ['fish', "set -gx A 'it\\'s'; set -gx K %\n", "set -gx A 'it\\'s'\n"],
  ['fish', 'test -n "$A"; and set -gx K %\n', 'test -n "$A"; and true\n'],
  ['fish', 'set x (cat a | head)\nset -Ux K %\n', 'set x (cat a | head)\n# K NOTE\n'],
  ['fish', 'export K=%\n', '# K NOTE\n'],
  ['fish', "alias x 'K=% aider'\n", "alias x 'aider'\n"],
  ['fish', 'set -gx K a %\n', byHand('it is one of several values')],
];

const POWERSHELL: readonly Case[] = [
  ['powershell', '$env:K = "%"\r\n', '# K NOTE\r\n'],
  ['powershell', "  $Env:K='%';  # mine\n", '  # K NOTE  # mine\n'],
  ['powershell', "$env:A = '1'; $env:K = '%'\n", "$env:A = '1'\n"],
  ['powershell', "$env:K = '%'; $env:A = '1'\n", "$env:A = '1'\n"],
  ['powershell', "if ($x) { $env:K = '%' }\n", 'if ($x) {  }\n'],
  ['powershell', '[Environment]::SetEnvironmentVariable("K", "%", "User")\n', '# K NOTE\n'],
  ['powershell', "[System.Environment]::SetEnvironmentVariable('K','%')\n", '# K NOTE\n'],
  ['powershell', "# $env:K = '%'\n", '# K NOTE\n'],
  ['powershell', "@'\n$env:K = '%'\n'@ | Set-Content x\n", byHand('it stands in a string or comment')],
  ['powershell', "<#\n$env:K = '%'\n#>\n", byHand('it stands in a string or comment')],
  ['powershell', '$h = @{ "x-api-key" = "%" }\n', byHand('it is part of something longer')],
  ['powershell', 'Invoke-X "$env:K = \'%\'"\n', byHand('it is part of something longer')],
];

const DOTENV: readonly Case[] = [
  ['dotenv', 'A=1\nK=%\nB=2\n', 'A=1\n# K NOTE\nB=2\n'],
  ['dotenv', 'K="%"', '# K NOTE'],
  ['dotenv', "  export K = '%'   # mine\r\n", '  # K NOTE   # mine\r\n'],
  ['dotenv', 'K: %\n', '# K NOTE\n'],
  ['dotenv', '# K=%\n', '# K NOTE\n'],
  ['dotenv', 'P="-----BEGIN\nK=%\n-----END"\n', byHand('it stands in a value of several lines')],
  ['dotenv', 'U=https://u:%@host\n', byHand('it is part of something longer')],
  ['dotenv', 'K="%\n', byHand('it is part of something longer')],
];

const JSON_FILES: readonly Case[] = [
  ['json', '{\n  "a": 1,\n  "k": "%",\n  "b": 2\n}\n', '{\n  "a": 1,\n  "b": 2\n}\n'],
  ['json', '{\n  "k": "%",\n  "b": 2\n}\n', '{\n  "b": 2\n}\n'],
  ['json', '{\n  "a": 1,\n  "k": "%"\n}\n', '{\n  "a": 1\n}\n'],
  ['json', '{"k":"%"}', '{}'],
  ['json', '{\n\t"k": "%"\n}', '{\n}'],
  ['json', '{"a":1,"k":"%","b":2}', '{"a":1,"b":2}'],
  ['json', '{ "k": "%", "b": 2 }', '{ "b": 2 }'],
  [
    'json',
    '{\r\n  "a": 1, // one\r\n  "k": "%", // mine\r\n  "b": 2,\r\n}',
    '{\r\n  "a": 1, // one\r\n  // mine\r\n  "b": 2,\r\n}',
  ],
  ['json', '{\n  "a": 1, // one\n  "k": "%"\n}', '{\n  "a": 1 // one\n}'],
  ['json', '{\n  "a": 1,\n  "k": "%",\n}', '{\n  "a": 1,\n}'],
  ['json', '{"x": {"env": {"K": "%"}, "é": "ÿ"}}', '{"x": {"env": {}, "é": "ÿ"}}'],
  ['json', '{\n  // %\n  "a": 1\n}', '{\n  // [removed by claude-keys]\n  "a": 1\n}'],
  ['json', '{"k": ["%"]}', byHand('it is an item of a list')],
  ['json', '{"k": "Bearer %"}', byHand('it is part of something longer')],
  ['json', '{"%": 1}', byHand('it is an item of a list')],
  ['json', '{"k": "%"', byHand('the file is not JSON')],
  ['json', '"%"', byHand('it is an item of a list')],
];

const YAML: readonly Case[] = [
  ['yaml', 'A: 1\nK: %\nB: 2\n', 'A: 1\nB: 2\n'],
  ['yaml', '# c\nK: "%" # mine\n', '# c\n{}\n'],
  ['yaml', 'a: 1\r\nanthropic-api-key: %\r\n', 'a: 1\r\n'],
  ['yaml', 'api-key:\n  - anthropic=%\n  - gemini=x\n', 'api-key:\n  - gemini=x\n'],
  ['yaml', 'env:\n  A: 1\n  K: %\n', 'env:\n  A: 1\n'],
  ['yaml', 'env:\n  K: %\nb: 1\n', byHand('it is the only setting in its group')],
  ['yaml', 'api-key:\n- anthropic=%\nb: 1\n', byHand('it is the only setting in its group')],
  ['yaml', 'text: |\n  A: 1\n  K: %\n', byHand('it stands in a text of several lines')],
  ['yaml', 'a: [x, %]\n', byHand('it is part of something longer')],
  ['yaml', '# K: %\na: 1\n', '# K: [removed by claude-keys]\na: 1\n'],
];

describe.each([
  ['sh, bash and zsh', POSIX],
  ['fish', FISH],
  ['PowerShell', POWERSHELL],
  ['.env', DOTENV],
  ['JSON', JSON_FILES],
  ['YAML', YAML],
])('a key is taken out of %s', (_, cases) => {
  test.each(cases)('%s: %j', (syntax, before, after) => {
    const result = remove(syntax, before);
    if (after.startsWith('by hand: ')) expect(result).toContain(after);
    else expect(result).toBe(after);
  });
});

describe('whatever the file holds', () => {
  const PIECES = [
    'export K=%',
    '"',
    "'",
    '`',
    '$(',
    '${',
    ')',
    '}',
    '(',
    '\\',
    '\n',
    '\r',
    '\xa0',
    ' ',
    ';',
    '#',
    '<<E',
    'E',
    '<#',
    '@"',
    '{',
    ':',
    ',',
  ];
  const some = (seed: number) => {
    let state = seed;
    const next = () => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return state;
    };
    return Array.from({ length: 30 }, () => PIECES[next() % PIECES.length]).join('');
  };

  test.each(['posix', 'fish', 'powershell', 'dotenv', 'json', 'yaml'] as const)(
    '%s: it ends, and never takes more than it may',
    (syntax) => {
      for (let seed = 1; seed < 400; seed += 1) {
        const before = `${some(seed)}\nK=%\n${some(seed + 7919)}`;
        const after = remove(syntax, before);
        if (after.startsWith('by hand: ')) continue;
        // The lines that do not hold the key are there, in their order.
        const other = before.split('\n').filter((line) => !line.includes('%') && line.trim() !== '');
        if (!/[\\,]/.test(before)) expect(inOrder(after.split('\n'), other), before).toBe(true);
      }
    },
  );
});

function inOrder(lines: readonly string[], wanted: readonly string[]): boolean {
  let at = 0;
  for (const line of lines) if (line === wanted[at]) at += 1;
  return at === wanted.length;
}
