import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';
import { requirement } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

const logOf = (machine: TestMachine) => join(machine.home, 'claude-keys', 'audit.jsonl');
const eventsOf = async (machine: TestMachine, ...options: string[]) =>
  JSON.parse((await machine.run(['audit', 'show', '--json', ...options])).stdout).events;

/** What each command writes, in its order: [command, key, detail]. */
const CHANGES: readonly (readonly [
  argv: string[],
  lines: readonly (readonly [string, string | null, string | null])[],
])[] = [
  [['print', 'prod'], [['print', 'prod', null]]],
  [['export', 'prod', '--shell', 'bash'], [['export', 'prod', null]]],
  [['export', 'prod', '--format', 'dotenv'], [['export', 'prod', 'dotenv']]],
  [['add', 'new', '--from-env', 'FRESH', '--no-verify'], [['add', 'new', 'to keychain']]],
  [['edit', 'prod', '--note', 'mine', '--env', 'ci'], [['edit', 'prod', 'environment, note']]],
  [['rename', 'prod', 'live'], [['rename', 'prod', 'to live']]],
  [['use', 'prod'], [['use', 'prod', 'as the default']]],
  [['use', '--here', 'prod'], [['use', 'prod', 'in this folder']]],
  [['config', 'set', 'rotateAfterDays', '90'], [['config', null, 'set rotateAfterDays 90']]],
  [['remove', 'prod', '--yes'], [['remove', 'prod', null]]],
  [
    ['rotate', 'prod', '--from-env', 'FRESH', '--no-verify', '--retire', 'never'],
    [
      ['rotate', 'prod', 'stage'],
      ['rotate', 'prod', 'promote'],
      ['rotate', 'prod', 'drop the previous secret'],
    ],
  ],
  [
    ['import', '.env', '--yes', '--no-verify', '--remove'],
    [
      ['import', 'dotenv', 'to keychain'],
      ['import', null, 'taken out of .env'],
    ],
  ],
  [['claude-code', 'install', 'prod'], [['claude-code', 'prod', 'install, user']]],
  [['status'], []],
  [['config', 'list'], []],
  [['export', 'prod', '--unset', '--shell', 'bash'], []],
];

describe('a line for everything that leaves or changes', () => {
  test.each(CHANGES)('%j', async (argv, lines) => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    writeFileSync(join(machine.home, '.env'), `DOTENV_KEY=${makeKey()}\n`);
    const { code, stderr } = await machine.run(argv, { env: { FRESH: makeKey() } });
    expect(code, stderr).toBe(0);
    const events: Record<string, unknown>[] = await eventsOf(machine);
    expect(events.map(({ command, key, detail }) => [command, key, detail])).toEqual(lines);
    expect((await machine.run(['audit', 'verify'])).code).toBe(0);
  });

  test('says when, which secret, who called, from where; and no secret', async () => {
    const machine = new TestMachine();
    const secret = await storeKey(machine, 'prod');
    await machine.run(['print', 'prod'], { stdinIsTTY: true });
    const { keys } = JSON.parse((await machine.run(['status', '--json'])).stdout);
    expect(await eventsOf(machine)).toEqual([
      {
        seq: 1,
        time: '2026-11-24T12:00:00.000Z',
        command: 'print',
        key: 'prod',
        fingerprint: keys[0].fingerprint,
        grant: null,
        detail: null,
        process: { pid: process.ppid, name: expect.anything() },
        parents: expect.arrayContaining([{ pid: 1, name: expect.any(String) }]),
        terminal: true,
        folder: machine.home,
        prev: null,
      },
    ]);
    expect(readFileSync(logOf(machine), 'utf8')).not.toContain(secret.slice(20, 60));
    expect(statSync(logOf(machine)).mode & 0o777).toBe(0o600);
  });

  test('a secret that the store did not give has not left', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    machine.keychain.slots.clear();
    expect((await machine.run(['print', 'prod'])).code).toBe(4);
    expect(await eventsOf(machine)).toEqual([]);
  });

  test('a change that is refused makes none', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    expect((await machine.run(['rename', 'prod', 'prod'])).code).toBe(2);
    expect((await machine.run(['print', 'nobody'])).code).toBe(3);
    expect(await eventsOf(machine)).toEqual([]);
  });
});

describe('audit show', () => {
  async function scene() {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    await storeKey(machine, 'ci');
    await machine.run(['print', 'prod'], { now: new Date('2026-11-20T12:00:00Z') });
    await machine.run(['print', 'ci'], { now: new Date('2026-11-23T12:00:00Z') });
    await machine.run(['export', 'prod', '--shell', 'fish'], { now: new Date('2026-11-24T11:00:00Z') });
    return machine;
  }

  test.each([
    [[], ['print prod', 'print ci', 'export prod']],
    [
      ['--key', 'prod'],
      ['print prod', 'export prod'],
    ],
    [
      ['--since', '2d'],
      ['print ci', 'export prod'],
    ],
    [['--since', '2026-11-24'], ['export prod']],
    [['--since', '90m', '--key', 'ci'], []],
    [['--last', '1'], ['export prod']],
  ])('%j', async (options, expected) => {
    const events: Record<string, string>[] = await eventsOf(await scene(), ...options);
    expect(events.map(({ command, key }) => `${command} ${key}`)).toEqual(expected);
  });

  test('shows a person the newest, within the terminal', async () => {
    const machine = await scene();
    const { stdout } = await machine.run(['audit', 'show'], { stdoutIsTTY: true, columns: 80, env: { NO_COLOR: '1' } });
    const [head = '', ...lines] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^TIME +WHAT +KEY +BY +FOLDER/);
    expect(lines).toHaveLength(3);
    expect(lines.at(-1)).toMatch(/^2026-11-24 11:00:00 {2}export +prod +\S/);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  test.each([
    [['audit'], 2],
    [['audit', 'show', '--since', 'yesterday'], 2],
    [['audit', 'show', '--since', '2027-01-01'], 2],
    [['audit', 'show', '--last', '0'], 2],
    [['audit', 'show', 'prod'], 2],
    [['audit', 'verify', 'prod'], 2],
    [['audit', 'show', '--key', '-'], 2],
  ])('%j is a mistake', async (argv, code) => {
    expect((await new TestMachine().run(argv)).code).toBe(code);
  });
});

describe('audit verify', () => {
  test('exits 1 and says where, for a person and for a program', async () => {
    const machine = new TestMachine();
    await storeKey(machine, 'prod');
    for (let time = 0; time < 3; time += 1) await machine.run(['print', 'prod']);
    const text = readFileSync(logOf(machine), 'utf8');
    writeFileSync(logOf(machine), text.replace('"command":"print"', '"command":"status"'));
    const { code, stdout } = await machine.run(['audit', 'verify']);
    expect([code, stdout]).toEqual([
      1,
      'audit.jsonl, line 2: does not follow from what is before it: line 1 was changed, or this one\n',
    ]);
    const document = JSON.parse((await machine.run(['audit', 'verify', '--json'])).stdout);
    expect(document).toMatchObject({ intact: false, lines: 3, problems: [{ file: 'audit.jsonl', line: 2 }] });
  });
});

describe.skipIf(!requirement(process.platform === 'linux', 'files are made unwritable as on Linux'))(
  'where the log cannot be written',
  () => {
    /** A folder stands where the log belongs, which stops root too. */
    async function scene() {
      const machine = new TestMachine();
      const secret = await storeKey(machine, 'prod');
      mkdirSync(logOf(machine));
      return { machine, secret };
    }

    test('the secret is given, and a warning says that it is not in the log', async () => {
      const { machine, secret } = await scene();
      const { code, stdout, stderr } = await machine.run(['print', 'prod']);
      expect([code, stdout]).toEqual([0, `${secret}\n`]);
      expect(stderr).toMatch(/^claude-keys: warning: this is missing in the audit log: cannot write \S+audit\.jsonl: /);
    });

    test.each([
      ['refuse', 4, /^claude-keys: this would be missing in the audit log: /],
      ['ignore', 0, /^$/],
    ])('auditFailure %s', async (wanted, expected, says) => {
      const { machine, secret } = await scene();
      writeFileSync(join(machine.home, 'claude-keys', 'config.json'), JSON.stringify({ auditFailure: wanted }));
      const { code, stdout, stderr } = await machine.run(['print', 'prod']);
      expect(code).toBe(expected);
      expect(stdout).toBe(expected === 0 ? `${secret}\n` : '');
      expect(stderr).toMatch(says);
    });
  },
);
