import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type CommandSpec, GLOBAL_OPTIONS } from '../../src/cli/spec.ts';
import { COMMANDS } from '../../src/commands/table.ts';
import { SETTINGS } from '../../src/config.ts';
import { EXIT } from '../../src/errors.ts';
import { SHELLS } from '../../src/shells/index.ts';

/** What the documents say is compared with the program, so that neither changes alone. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const README = read('README.md');
const SPECS = Object.entries<CommandSpec>(COMMANDS);

describe('the README', () => {
  const lines = commandLines(README);

  test('shows command lines', () => {
    expect(lines.length).toBeGreaterThan(30);
  });

  test.each(lines)('$line: has words that the program knows', ({ command, options }) => {
    const [, spec] = SPECS.find(([name, { aliases }]) => name === command || aliases?.includes(command)) ?? [];
    expect(spec, `${command} is a command`).toBeDefined();
    const known = Object.keys({ ...spec?.options, ...GLOBAL_OPTIONS, help: {} });
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
  });

  test('names every command', () => {
    const named = lines.map(({ command }) => command);
    const inProse = [...README.matchAll(/`([a-z-]+)`/g)].map(([, word]) => word);
    expect(SPECS.map(([name]) => name).filter((name) => ![...named, ...inProse].includes(name))).toEqual([]);
  });

  test('mentions only options that some command has', () => {
    const known = new Set(
      SPECS.flatMap(([, { options }]) => Object.keys({ ...options, ...GLOBAL_OPTIONS, version: 0, help: 0 })),
    );
    const mentioned = [...README.matchAll(/`--([a-z-]+)[^`]*`/g)].map(([, name]) => name ?? '');
    expect(mentioned.filter((name) => !known.has(name))).toEqual([]);
  });

  test('has the exit codes of the program', () => {
    const table = README.slice(README.indexOf('## Exit codes'));
    const codes = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });

  test('mentions only settings and variables that there are', () => {
    const sources = [
      'paths',
      'context',
      'stores/choose',
      'stores/file/passphrase',
      'keys/resolve',
      'terminal/ui',
      'redis/address',
    ];
    const code = [...sources, 'anthropic/endpoint'].map((file) => read(`src/${file}.ts`)).join('\n');
    const variables = [...README.matchAll(/\b(?:CLAUDE_KEYS_[A-Z_]+|ANTHROPIC_BASE_URL|NO_COLOR|FORCE_COLOR)\b/g)];
    expect(new Set(variables.map(([name]) => name).filter((name) => !code.includes(`'${name}'`)))).toEqual(new Set());
    const settings = [...README.matchAll(/claude-keys config (?:get|set|unset) (\w+)/g)].map(([, name]) => name);
    expect(settings.filter((name) => name === undefined || !(name in SETTINGS))).toEqual([]);
  });

  test('shows how each shell is used as the program itself says it', () => {
    const shown = README.replaceAll('\\|', '|');
    for (const { evaluate } of [SHELLS.bash, SHELLS.fish, SHELLS.powershell, SHELLS.nushell, SHELLS.csh]) {
      expect(shown).toContain(evaluate('claude-keys export production'));
    }
  });

  test('has the targets of the bench', () => {
    const targets = [...read('script/bench/start.mjs').matchAll(/target: ([\d.]+)/g)].map(([, target]) =>
      Number(target),
    );
    const table = README.slice(README.indexOf('## How fast it is'), README.indexOf('## What it does not do yet'));
    const shown = [...table.matchAll(/([\d.]+) \|$/gm)].map(([, target]) => Number(target));
    expect(shown).toEqual(targets);
  });
});

test.each(['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])(
  '%s: relative links lead somewhere',
  (file) => {
    const links = [...read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link]) => link ?? '');
    const relative = links.filter((link) => !/^[a-z]+:/.test(link));
    expect(relative.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([]);
  },
);

test('the picture shows a run and no secret', () => {
  const picture = read('docs/demo.svg');
  expect(picture).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(picture).toContain('claude-keys status');
  expect(picture).not.toMatch(/sk-ant-[A-Za-z0-9_-]{30}/);
});

interface CommandLine {
  readonly line: string;
  readonly command: string;
  readonly options: readonly string[];
}

/** Every `claude-keys …` in code, up to where the shell or another program takes over. */
function commandLines(text: string): CommandLine[] {
  const fenced = [...text.matchAll(/^```[\s\S]*?^```/gm)].map(([block]) => block);
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/``([^\n]+?)``|`([^`\n]+)`/g)].map(
    ([span]) => span,
  );
  const code = [...fenced, ...inline].join('\n');
  return [...code.matchAll(/(?<!service |[\w/.-])claude-keys ([a-z-]+)((?: +[^\s|>#`")&\\]+)*)/g)].map(
    ([line, command = '', rest = '']) => {
      const own = rest.split(' -- ')[0] ?? '';
      return { line, command, options: [...own.matchAll(/ --([a-z-]+)/g)].map(([, option]) => option ?? '') };
    },
  );
}
