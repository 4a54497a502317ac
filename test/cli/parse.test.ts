import { describe, expect, test } from 'vitest';
import { parseHot } from '../../src/cli/parse.ts';
import { readLine } from '../../src/cli/program.ts';

const LINES: readonly (readonly string[])[] = [
  ['print'],
  ['print', 'production'],
  ['print', 'production', '--force'],
  ['print', '--json', 'production', '--quiet', '--verbose', '--no-color'],
  ['export', '--shell', 'bash'],
  ['export', '--shell=fish', 'production'],
  ['export', 'production', '--var', 'MY_KEY', '--unset'],
  ['export', '--var=MY=KEY'],
  ['export', '--var='],
  ['export', '--format', 'dotenv', '--format', 'json'],
  ['exec', '--', 'env'],
  ['exec', 'production', '--', 'env', '--json', '--', '-x'],
  ['exec', 'production', '--var', 'OTHER', '--'],
  ['exec', 'production', 'env'],
  ['exec', '--set', 'A=one', 'production', '--set=B=two', '--', 'env'],
];

const UNSURE: readonly (readonly string[])[] = [
  [],
  ['status'],
  ['toString'],
  ['--json', 'print'],
  ['print', '--help'],
  ['print', '-h'],
  ['print', '-'],
  ['print', 'one', 'two'],
  ['print', '--forc'],
  ['print', '--force=yes'],
  ['print', '--no-force'],
  ['print', '--constructor'],
  ['print', 'production', '--', 'env'],
  ['export', '--shell'],
  ['export', '--shell', '--json'],
  ['export', '--shell', 'cmd'],
  ['export', '--format='],
  ['export', '--Shell', 'bash'],
];

describe('the fast reading of a hot line', () => {
  test.each(LINES.map((line) => ({ line })))('reads as commander does: $line', ({ line }) => {
    const call = parseHot(line);
    expect(call).not.toBeNull();
    expect({ call }).toEqual(readLine(line, '0.0.0'));
  });

  test.each(UNSURE.map((line) => ({ line })))('leaves to commander: $line', ({ line }) => {
    expect(parseHot(line)).toBeNull();
  });
});

describe('an option of another action', () => {
  test.each([
    [['grant', 'list', '--label', 'ci'], '--label is for grant create'],
    [['grant', 'show', 'ci', '--all'], '--all is for grant list'],
    [['audit', 'verify', '--key', 'production'], '--key is for audit show'],
    [['gateway', '--follow'], '--follow is for gateway logs'],
    [['gateway', 'logs', '--host', 'box'], '--host is for gateway alone'],
    [['console', 'disable', 'apikey_1', '--forgotten'], '--forgotten is for console list'],
  ])('is refused: %j', (line, message) => {
    expect(() => readLine(line, '0.0.0')).toThrow(expect.objectContaining({ code: 'usage', message }));
  });

  test('and named in the help with its own', () => {
    expect(readLine(['grant', '--help'], '0.0.0')).toMatchObject({
      text: expect.stringMatching(/--rpm <N> +create: /),
    });
  });
});
