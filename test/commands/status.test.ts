import measure from 'fast-string-truncated-width';
import { describe, expect, test } from 'vitest';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { changeRegistry } from '../../src/keys/registry.ts';
import { daysFromNow, makeEntry, makeRecord } from '../support/entry.ts';
import { TestMachine, type TestOptions } from '../support/host.ts';

/** A machine whose registry holds these keys, and whose stores fail whoever opens them. */
async function machineWith(entries: readonly KeyEntry[], defaultKey: string | null = null): Promise<TestMachine> {
  const machine = new TestMachine();
  machine.keychain.failure = new Error('the keychain was asked');
  machine.file.failure = new Error('the file was asked');
  await changeRegistry(machine.context(), ({ registry, save }) => {
    for (const entry of entries) registry.keys.set(entry.name, entry);
    registry.default = defaultKey;
    save();
  });
  return machine;
}

const KEYS = [
  makeEntry('production-app-backend-v1', {
    environment: 'production',
    rotateAfterDays: 90,
    current: makeRecord('R2D'),
  }),
  makeEntry('staging', {
    environment: 'staging',
    store: 'file',
    note: 'asks Ann before it is changed; she keeps the list of the machines that use it, and where they are',
    expiresAt: daysFromNow(5),
    lastCheck: { at: daysFromNow(-0.125), status: 'no_credit' },
  }),
  makeEntry('admin', {
    kind: 'admin',
    lastCheck: null,
    rotateAfterDays: 40,
    current: makeRecord('x', { redacted: 'sk-ant-admin01-ABC...igAA' }),
  }),
];

const WARNINGS = `
warning: staging expires in 5 days
  next: claude-keys rotate staging
warning: admin has been due for rotation for 2 days
  next: claude-keys rotate admin
`;

describe('status', () => {
  test('says what to do first when there is no key', async () => {
    const result = await new TestMachine().run(['status']);
    expect(result).toEqual({
      code: 0,
      stdout: expect.stringContaining('No keys are stored yet. Store one with:\n\n  claude-keys add production\n'),
      stderr: '',
    });
  });

  test.each(['status', 'list', 'ls'])('%s fits 80 columns, with two lines a key', async (command) => {
    const machine = await machineWith(KEYS, 'production-app-backend-v1');
    expect(await machine.run([command])).toEqual({
      code: 0,
      stdout: `\
  NAME                       ENVIRONMENT  CHECK        AGE
  KEY                        STORE        WHEN         DUE
  admin                                   not tested   42 days
  sk-ant-admin01-ABC...igAA  keychain                  overdue 2 days
* production-app-backend-v1  production   valid        42 days
  sk-ant-api03-R2D...igAA    keychain     3 days ago   rotate in 48 days
  staging                    staging      no credit    42 days
  sk-ant-api03-abc...igAA    file         3 hours ago  expires in 5 days
  asks Ann before it is changed; she keeps the list of the machines that use it…
${WARNINGS}`,
      stderr: '',
    });
  });

  test('takes one line a key where there is room', async () => {
    const machine = await machineWith(KEYS, 'production-app-backend-v1');
    const { stdout } = await machine.run(['status'], { columns: 160 });
    expect(stdout).toBe(`\
  NAME                       ENVIRONMENT  KEY                        STORE     LAST CHECK              AGE      DUE                NOTE
  admin                                   sk-ant-admin01-ABC...igAA  keychain  not tested              42 days  overdue 2 days
* production-app-backend-v1  production   sk-ant-api03-R2D...igAA    keychain  valid, 3 days ago       42 days  rotate in 48 days
  staging                    staging      sk-ant-api03-abc...igAA    file      no credit, 3 hours ago  42 days  expires in 5 days  asks Ann before it is change…
${WARNINGS}`);
  });

  test('cuts labels, then names, never the key, and stays within the terminal', async () => {
    const machine = await machineWith([
      makeEntry('a'.repeat(40) + 'b'.repeat(24), {
        environment: 'x'.repeat(64),
        note: '長い'.repeat(200),
        expiresAt: daysFromNow(50),
        lastCheck: { at: daysFromNow(-50), status: 'unverified' },
        current: makeRecord('x', { redacted: 'sk-ant-admin01-ABC...igAA' }),
      }),
      makeEntry('unicode', { environment: '日本語の環境のラベル', note: 'e\u0301'.repeat(100) }),
      makeEntry('emoji', { environment: '👨‍👩‍👧'.repeat(12), note: '🚀'.repeat(60) }),
    ]);
    for (const columns of [80, 90, 100, 120, 150]) {
      const { stdout } = await machine.run(['status'], { columns });
      const widths = stdout
        .split('\n')
        .filter((line) => !/^(?:warning:| {2}next:)/.test(line))
        .map((line) => measure(line).width);
      expect(Math.max(...widths), `${columns} columns`).toBeLessThanOrEqual(columns);
      expect(stdout).toContain('sk-ant-admin01-ABC...igAA');
    }
    const { stdout } = await machine.run(['status']);
    expect(stdout).toMatch(/^ {2}a+…b+ {2}x{11}… {2}unverified {3}42 days$/m);
    // Aligned although the characters are of different widths: the columns behind the label begin at the same place.
    const behind = stdout.split('\n').filter((line) => /(?:valid|unverified) /.test(line));
    const places = behind.map((line) => measure(line.slice(0, line.search(/(?:un)?valid|unverified/))).width);
    expect(new Set(places).size).toBe(1);
  });

  test('never lets a control character through', async () => {
    const hostile = '\u001b]0;title\u0007\u009b31m\u202e\r\nend';
    const machine = await machineWith([makeEntry('k', { environment: hostile, note: hostile })]);
    for (const argv of [['status'], ['status', '--json']]) {
      const { stdout } = await machine.run(argv, { columns: 200 });
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    const { stdout } = await machine.run(['status', '--json']);
    expect(JSON.parse(stdout).keys[0].note).toBe(hostile);
  });

  test.each<[string, TestOptions, string[], boolean]>([
    ['on a terminal', { stdoutIsTTY: true }, [], true],
    ['to a pipe', {}, [], false],
    ['to a pipe with FORCE_COLOR', { env: { FORCE_COLOR: '1' } }, [], true],
    ['on a terminal with NO_COLOR', { stdoutIsTTY: true, env: { NO_COLOR: '1' } }, [], false],
    ['on a terminal with --no-color', { stdoutIsTTY: true }, ['--no-color'], false],
  ])('colours %s: %#', async (_, options, globals, expected) => {
    const machine = await machineWith([
      makeEntry('good'),
      makeEntry('poor', { lastCheck: { at: daysFromNow(-1), status: 'limited' } }),
      makeEntry('bad', { lastCheck: { at: daysFromNow(-1), status: 'rejected' } }),
    ]);
    const { stdout } = await machine.run(['status', ...globals], options);
    const plain = await machine.run(['status']);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
    expect(stdout.replace(/\u001b\[\d+m/g, '')).toBe(plain.stdout);
    const colours = ['\u001b[32mvalid', '\u001b[33mlimited', '\u001b[31mrejected'].map((text) => stdout.includes(text));
    expect(colours).toEqual([expected, expected, expected]);
  });

  test('shows the named keys only, with the warnings about them', async () => {
    const machine = await machineWith(KEYS, 'gone');
    const { stdout, code } = await machine.run(['status', 'staging', 'staging'], {
      env: { ANTHROPIC_API_KEY: 'another' },
      columns: 80,
    });
    expect(code).toBe(0);
    expect(stdout.match(/staging {2}/g)).toHaveLength(2);
    expect(stdout).not.toContain('admin');
    expect(stdout.match(/warning:/g)).toHaveLength(1);
  });

  test.each([
    [['status', 'nobody'], 3, 'there is no key named nobody'],
    [['status', 'admin', 'nobody'], 3, 'there is no key named nobody'],
    [['status', 'two words'], 2, 'is not a key name'],
  ])('%j exits %i', async (argv, code, message) => {
    const result = await (await machineWith(KEYS)).run(argv);
    expect(result).toEqual({ code, stdout: '', stderr: expect.stringContaining(message) });
  });

  test('an add that was cut off is a warning and no key', async () => {
    const machine = await machineWith([
      makeEntry('half', { change: { operation: 'add', startedAt: daysFromNow(-1) } }),
    ]);
    const { keys, warnings } = JSON.parse((await machine.run(['status', '--json'])).stdout);
    expect(keys).toEqual([]);
    expect(warnings).toEqual([expect.objectContaining({ code: 'add_unfinished', key: 'half' })]);
  });

  test('with --json is one document, as the contract has it', async () => {
    const machine = await machineWith([KEYS[1] as KeyEntry], 'staging');
    const { stdout, stderr } = await machine.run(['status', '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      keys: [
        {
          name: 'staging',
          kind: 'api',
          environment: 'staging',
          store: 'file',
          redacted: 'sk-ant-api03-abc...igAA',
          fingerprint: 'sha256:abc0000000000000',
          default: true,
          note: KEYS[1]?.note,
          addedAt: daysFromNow(-42),
          expiresAt: daysFromNow(5),
          rotateAfterDays: null,
          rotateBy: null,
          lastCheck: { at: daysFromNow(-0.125), status: 'no_credit' },
          rotation: null,
          retireAt: null,
          standby: { ready: 0, total: 0 },
          organizationId: null,
          consoleId: null,
          workspace: null,
          targets: [],
        },
      ],
      warnings: [
        {
          code: 'expires_soon',
          key: 'staging',
          message: 'staging expires in 5 days',
          hint: 'claude-keys rotate staging',
        },
      ],
    });
  });

  test('tells ten warnings and counts the rest', async () => {
    const machine = await machineWith(
      Array.from({ length: 15 }, (_, at) => makeEntry(`k${at}`, { rotateAfterDays: 1 })),
    );
    const { stdout } = await machine.run(['status']);
    expect(stdout.match(/^warning:/gm)).toHaveLength(10);
    expect(stdout).toMatch(/\nand 5 more: claude-keys status --json\n$/);
  });

  test('a damaged registry is said to be one', async () => {
    const machine = await machineWith([{ ...(KEYS[0] as KeyEntry), name: 'ok' }]);
    const ctx = machine.context();
    const { writeFileSync } = await import('node:fs');
    for (const [content, why] of [
      ['{', 'it is not JSON'],
      ['[]', 'version is not as expected'],
      ['null', 'the whole is not as expected'],
      ['{"version":2,"default":null,"keys":[]}', 'version is not as expected'],
      [JSON.stringify({ version: 1, default: null, keys: [KEYS[0], { ...KEYS[1], store: 'cloud' }] }), 'keys.1.store'],
      [
        JSON.stringify({ version: 1, default: null, keys: [{ ...KEYS[0], change: { operation: 'x' } }] }),
        'keys.0.change',
      ],
    ] as const) {
      writeFileSync(ctx.paths.registryFile, content);
      const { code, stderr } = await machine.run(['status']);
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(why) });
    }
  });
});
