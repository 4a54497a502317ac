import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { SHELLS } from '../../src/shells/index.ts';
import { TestMachine } from '../support/host.ts';

// Where script/test-host has put a grammar of PowerShell: no registry has PowerShell itself, to run the code.
const FOLDER = fileURLToPath(new URL('../.tools/powershell/node_modules', import.meta.url));
const here = existsSync(join(FOLDER, 'web-tree-sitter'));
if (!here) process.stderr.write('suite skipped: not installed: the grammar of PowerShell\n');

interface Node {
  readonly isError: boolean;
  readonly isMissing: boolean;
  readonly hasError: boolean;
  readonly text: string;
  readonly startPosition: { readonly row: number };
  readonly children: readonly Node[];
}
interface Grammar {
  readonly Parser: {
    init(): Promise<void>;
    new (): { setLanguage(language: unknown): void; parse(text: string): { readonly rootNode: Node } };
  };
  readonly Language: { load(file: string): Promise<unknown> };
}

let parse: (text: string) => Node;

/** What the grammar has no place for, by line. */
function errorsIn(text: string): string[] {
  const errors = (node: Node): string[] => {
    const own = node.isError || node.isMissing ? [`${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`] : [];
    return [...own, ...(node.hasError ? node.children.flatMap(errors) : [])];
  };
  return errors(parse(text));
}

describe.skipIf(!here)('the code for PowerShell is well formed', () => {
  beforeAll(async () => {
    const { Parser, Language }: Grammar = await import(
      pathToFileURL(join(FOLDER, 'web-tree-sitter/web-tree-sitter.js')).href
    );
    await Parser.init();
    const parser = new Parser();
    parser.setLanguage(await Language.load(join(FOLDER, 'tree-sitter-powershell/tree-sitter-powershell.wasm')));
    parse = (text) => parser.parse(text).rootNode;
  });

  test('and the grammar knows what is not', () => {
    expect(errorsIn('if ($true) { 1')).not.toEqual([]);
    expect(errorsIn("$env:A = 'it's'")).not.toEqual([]);
  });

  const options = [[], ['--auto', '--remind', '--eager', '--key', 'prod', '--wrap', 'claude', '--wrap', 'npx.cmd']];

  test.each(options.map((each) => [each]))('shell init %j', async (each) => {
    const { stdout } = await new TestMachine().run(['shell', 'init', 'powershell', ...each]);
    expect(stdout).toContain('ckuse');
    expect(errorsIn(stdout)).toEqual([]);
  });

  test.each([' ', "it's ‘so’ “so” $(id) `x` {}"])('shell install in a home named %j', async (name) => {
    const machine = new TestMachine();
    const home = join(machine.home, name);
    const env = { CLAUDE_KEYS_HOME: home, XDG_CONFIG_HOME: home };
    expect((await machine.run(['shell', 'install', 'powershell', '--auto', '--remind'], { env })).code).toBe(0);
    const made = readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ps1'));
    expect(made).toHaveLength(3);
    for (const file of made) expect(errorsIn(readFileSync(join(home, file), 'utf8')), file).toEqual([]);
  });

  test.each(['plain', "it's", '‘’‚‛', '$(id) `n "x"', 'two\nlines\r\n', '', '#', '--', '@{'])(
    'a value: %j',
    (value) => {
      expect(errorsIn(SHELLS.powershell.setVar('ANTHROPIC_API_KEY', value))).toEqual([]);
      expect(errorsIn(SHELLS.powershell.unsetVar('ANTHROPIC_API_KEY'))).toEqual([]);
    },
  );
});
