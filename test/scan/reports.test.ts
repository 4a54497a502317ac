import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { TestMachine } from '../support/host.ts';
import { makeKey } from '../support/secrets.ts';

/** The schema of OASIS (2.1.0, errata 5), as Microsoft's package has it. */
const SCHEMA = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');

function machineWithLeaks(): { machine: TestMachine; root: string } {
  const machine = new TestMachine();
  const root = join(machine.home, 'project');
  mkdirSync(root);
  writeFileSync(join(root, 'a b, "c" & <d>.txt'), `one\n${makeKey()}`);
  writeFileSync(join(root, 'x.zip'), 'PK\u0003\u0004 damaged');
  writeFileSync(join(root, 'low.md'), 'sk-ant-api01-abc123def456');
  return { machine, root };
}

describe('reports', () => {
  test.each(['with leaks', 'without'])('SARIF is valid by the published schema: %s', async (kind) => {
    const { machine, root } = kind === 'without' ? { machine: new TestMachine(), root: '.' } : machineWithLeaks();
    const { stdout, code } = await machine.run(['scan', '--sarif'], { cwd: kind === 'without' ? machine.home : root });
    const document = JSON.parse(stdout);
    // Draft 4 names its own meta schema, which Ajv 8 does not have; nothing else in it is of that draft alone.
    const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(SCHEMA, 'utf8'));
    const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
    expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
    expect(code).toBe(kind === 'without' ? 0 : 1);
    if (kind === 'without') return;
    const [result] = document.runs[0].results;
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'a%20b%2C%20%22c%22%20%26%20%3Cd%3E.txt' },
      region: { startLine: 2, startColumn: 1, endLine: 2 },
    });
    expect(document.runs[0].invocations[0].executionSuccessful).toBe(false);
  });

  test('JUnit: a failure for each credential, an error for what was not looked at', async () => {
    const { machine, root } = machineWithLeaks();
    const { stdout } = await machine.run(['scan', '--junit'], { cwd: root });
    expect(stdout).toContain('<testsuite name="claude-keys scan" tests="3" failures="2" errors="1">');
    expect(stdout).toContain('name="a b, &quot;c&quot; &amp; &lt;d&gt;.txt:2"');
    expect(stdout.match(/<failure /g)).toHaveLength(2);
    expect(stdout.match(/<error /g)).toHaveLength(1);
  });

  test('GitHub: an annotation for each place', async () => {
    const { machine, root } = machineWithLeaks();
    const { stdout } = await machine.run(['scan', '--github'], { cwd: root });
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(
      /^::error file=a b%2C "c" & <d>\.txt,line=2,endLine=2,col=1,title=Leaked API key::API key sk-ant-api03-/,
    );
    expect(lines[1]).toMatch(/^::notice file=low\.md,line=1,/);
    expect(lines[2]).toMatch(/^::error title=Not looked at::x\.zip: /);
  });

  test('--min-confidence leaves out what is less sure', async () => {
    const { machine, root } = machineWithLeaks();
    const { stdout } = await machine.run(['scan', '--json', '--min-confidence', 'medium'], { cwd: root });
    expect(JSON.parse(stdout).findings).toHaveLength(1);
  });
});
