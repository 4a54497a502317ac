import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { changeRegistry } from '../../src/keys/registry.ts';
import { daysFromNow, makeEntry, makeRecord } from '../support/entry.ts';
import { TestMachine } from '../support/host.ts';

async function machineWith(...entries: KeyEntry[]): Promise<TestMachine> {
  const machine = new TestMachine();
  await changeRegistry(machine.context(), ({ registry, save }) => {
    for (const entry of entries) registry.keys.set(entry.name, entry);
    save();
  });
  return machine;
}

const production = (rest: Partial<KeyEntry> = {}) => makeEntry('prod', { environment: 'production', ...rest });

describe('status --check', () => {
  test.each<[string, object, Partial<KeyEntry>, string | null]>([
    ['a secret that is older than allowed', { maxAgeDays: 40 }, {}, 'too_old'],
    ['a secret that is young enough', { maxAgeDays: 42 }, {}, null],
    ['a key without an expiry', { requireExpiry: true }, {}, 'no_expiry'],
    ['a key with one', { requireExpiry: true }, { expiresAt: daysFromNow(90) }, null],
    ['too few on standby', { minStandby: 1 }, {}, 'too_few_standby'],
    [
      'one that is not switched off',
      { minStandby: 1 },
      { standby: [{ ...makeRecord('s1'), number: 1, state: 'active' }] },
      'too_few_standby',
    ],
    ['enough on standby', { minStandby: 1 }, { standby: [{ ...makeRecord('s1'), number: 1, state: 'ready' }] }, null],
    ['another store', { stores: ['file', 'vault://'] }, {}, 'store_not_allowed'],
    ['the right store', { stores: ['file', 'keychain'] }, {}, null],
    ['a test that is too long ago', { verifyEveryDays: 2 }, {}, 'not_verified'],
    ['no test at all', { verifyEveryDays: 2 }, { lastCheck: null }, 'not_verified'],
    ['a test of yesterday', { verifyEveryDays: 2 }, { lastCheck: { at: daysFromNow(-1), status: 'valid' } }, null],
    ['a key past its own date', {}, { rotateAfterDays: 10 }, 'rotation_overdue'],
  ])('%s', async (_, policy, rest, code) => {
    const machine = await machineWith(production(rest), makeEntry('other'));
    const set = await machine.run(['config', 'set', 'policies', JSON.stringify({ production: policy })]);
    expect(set.code, set.stderr).toBe(0);
    const result = await machine.run(['status', '--check', '--json']);
    const { violations } = JSON.parse(result.stdout);
    expect(violations.map(({ key, code: found }: Record<string, string>) => [key, found])).toEqual(
      code === null ? [] : [['prod', code]],
    );
    expect(result.code).toBe(code === null ? 0 : 1);
    // Without the question nothing is demanded.
    expect((await machine.run(['status'])).code).toBe(0);
  });

  test('* is for every other environment; the text says what to do', async () => {
    const machine = await machineWith(production(), makeEntry('other'));
    const policies = { production: {}, '*': { maxAgeDays: 1 } };
    await machine.run(['config', 'set', 'policies', JSON.stringify(policies)]);
    const { code, stderr } = await machine.run(['status', '--check']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'claude-keys: not kept: other is 42 days old; the policy allows 1 day; next: claude-keys rotate other\n',
    });
    expect((await machine.run(['status', 'prod', '--check'])).code).toBe(0);
    expect((await machine.run(['config', 'get', 'policies'])).stdout).toBe(`${JSON.stringify(policies)}\n`);
  });

  test.each([
    ['[]'],
    ['{"production":{"maxAge":1}}'],
    ['{"production":{"stores":"file"}}'],
    ['{"*":{"minStandby":-1}}'],
    ['90'],
  ])('a policy like %s is refused', async (text) => {
    const machine = await machineWith();
    expect((await machine.run(['config', 'set', 'policies', text])).code).toBe(2);
  });
});

describe('remind', () => {
  const keys = [
    production({ rotateAfterDays: 45, expiresAt: daysFromNow(10) }),
    makeEntry('late', { rotateAfterDays: 40 }),
    makeEntry('far', { rotateAfterDays: 400 }),
    makeEntry('grace', { previous: makeRecord('old'), retirement: { at: daysFromNow(1), how: 'switch_off' } }),
  ];

  test('prints what is due in the next days, the most urgent first', async () => {
    const machine = await machineWith(...keys);
    const { due, days } = JSON.parse((await machine.run(['remind', '--json'])).stdout);
    expect(days).toBe(14);
    expect(due.map(({ key, what, at }: Record<string, string>) => [key, what, at])).toEqual([
      ['late', 'rotate', daysFromNow(-2)],
      ['grace', 'retire', daysFromNow(1)],
      ['prod', 'rotate', daysFromNow(3)],
      ['prod', 'expires', daysFromNow(10)],
    ]);
    expect((await machine.run(['remind', '--days', '2'])).stdout).toMatch(
      /^2026-11-22 12:00 +2 days ago +late +rotate late/m,
    );
  });

  test('the greatest age of a policy counts too', async () => {
    const machine = await machineWith(production());
    await machine.run(['config', 'set', 'policies', '{"production":{"maxAgeDays":50}}']);
    const { due } = JSON.parse((await machine.run(['remind', '--json'])).stdout);
    expect(due).toMatchObject([{ key: 'prod', what: 'rotate', at: daysFromNow(8) }]);
  });

  test.each([['Pacific/Kiritimati'], ['America/Los_Angeles'], ['UTC']])(
    'an iCalendar file is the same in every time zone: %s',
    async (zone) => {
      const before = process.env['TZ'];
      process.env['TZ'] = zone;
      try {
        const machine = await machineWith(...keys);
        const { stdout } = await machine.run(['remind', '--ical']);
        const lines = stdout.split('\r\n');
        expect(lines.every((line) => Buffer.byteLength(line) <= 75 && !line.includes('\n'))).toBe(true);
        expect(lines.filter((line) => line === 'BEGIN:VEVENT')).toHaveLength(4);
        expect(lines).toContain('DTSTART:20261127T120000Z');
        expect(lines).toContain('UID:rotate-prod-2026-11-27@claude-keys');
        expect([lines[0], lines.at(-2), lines.at(-1)]).toEqual(['BEGIN:VCALENDAR', 'END:VCALENDAR', '']);
      } finally {
        if (before === undefined) delete process.env['TZ'];
        else process.env['TZ'] = before;
      }
    },
  );

  test('one line for a shell, with a day and no distance; no file when nothing is due', async () => {
    const machine = await machineWith(...keys);
    const line = 'claude-keys: rotate late (2026-11-22), and 3 more: claude-keys remind\n';
    expect((await machine.run(['remind', '--line'])).stdout).toBe(line);
    const file = machine.context().paths.reminderFile;
    expect((await machine.run(['remind', '--cache'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(line);
    machine.now = new Date('2025-01-01T00:00:00Z');
    await machine.run(['remind', '--cache']);
    expect(existsSync(file)).toBe(false);
  });

  test('nothing is due', async () => {
    const machine = await machineWith(makeEntry('far'));
    expect(await machine.run(['remind'])).toEqual({
      code: 0,
      stdout: '',
      stderr: 'nothing is due in the next 14 days\n',
    });
    expect((await machine.run(['remind', '--line', '--ical'])).code).toBe(2);
  });
});
