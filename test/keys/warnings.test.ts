import { describe, expect, test } from 'vitest';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { identify } from '../../src/keys/identify.ts';
import { Secret } from '../../src/keys/secret.ts';
import { type Warning, warningsOf } from '../../src/keys/warnings.ts';
import { daysFromNow, makeEntry, makeRecord, makeRegistry, NOW } from '../support/entry.ts';
import { makeKey } from '../support/secrets.ts';

function warningsOfKey(rest: Partial<KeyEntry>): Warning[] {
  return warningsOf(makeRegistry([makeEntry('prod', rest)]), { env: {}, now: () => NOW });
}

const YESTERDAY = daysFromNow(-1);

describe('warnings', () => {
  test.each<[what: string, entry: Partial<KeyEntry>, expected: Omit<Warning, 'key'>[]]>([
    ['a key that is well', {}, []],
    ['one that was never tested', { lastCheck: null }, []],
    ['one that is limited', { lastCheck: { at: YESTERDAY, status: 'limited' } }, []],
    [
      'expired',
      { expiresAt: daysFromNow(-2) },
      [{ code: 'expired', message: 'prod expired 2 days ago', hint: 'claude-keys rotate prod' }],
    ],
    [
      'expires this moment',
      { expiresAt: daysFromNow(0) },
      [{ code: 'expired', message: 'prod expired under a minute ago', hint: 'claude-keys rotate prod' }],
    ],
    [
      'expires in 14 days',
      { expiresAt: daysFromNow(14) },
      [{ code: 'expires_soon', message: 'prod expires in 14 days', hint: 'claude-keys rotate prod' }],
    ],
    ['expires in 15 days', { expiresAt: daysFromNow(15) }, []],
    [
      'due for rotation',
      { rotateAfterDays: 40 },
      [
        {
          code: 'rotation_overdue',
          message: 'prod has been due for rotation for 2 days',
          hint: 'claude-keys rotate prod',
        },
      ],
    ],
    ['due tomorrow', { rotateAfterDays: 43 }, []],
    [
      'rejected',
      { lastCheck: { at: YESTERDAY, status: 'rejected' } },
      [
        {
          code: 'last_check_failed',
          message: 'prod was rejected at its last test, 1 day ago',
          hint: 'claude-keys rotate prod',
        },
      ],
    ],
    [
      'disabled',
      { lastCheck: { at: YESTERDAY, status: 'disabled' } },
      [
        {
          code: 'last_check_failed',
          message: 'prod was disabled at its last test, 1 day ago',
          hint: 'claude-keys rotate prod',
        },
      ],
    ],
    [
      'unverified',
      { lastCheck: { at: YESTERDAY, status: 'unverified' } },
      [
        {
          code: 'unverified',
          message: 'prod could not be tested when it was stored',
          hint: 'claude-keys verify prod',
        },
      ],
    ],
    [
      'a previous secret',
      { previous: makeRecord('OLD') },
      [
        {
          code: 'previous_active',
          message: 'the previous secret of prod (sk-ant-api03-OLD...igAA) is not retired',
          hint: 'claude-keys retire prod',
        },
      ],
    ],
    [
      'a rotation under way, which has a previous secret as it should',
      { previous: makeRecord('OLD'), change: { operation: 'rotate', step: 'promote', startedAt: YESTERDAY } },
      [
        {
          code: 'rotation_unfinished',
          message: 'the rotation of prod was begun 1 day ago and not ended; the key still works',
          hint: 'claude-keys rotate prod --resume, or --abort',
        },
      ],
    ],
    [
      'a rename',
      { change: { operation: 'rename', from: 'prod', to: 'production', startedAt: YESTERDAY } },
      [
        {
          code: 'rename_unfinished',
          message: 'renaming prod was begun 1 day ago and not ended',
          hint: 'claude-keys rename prod production',
        },
      ],
    ],
    [
      'a removal',
      { change: { operation: 'remove', startedAt: YESTERDAY } },
      [
        {
          code: 'remove_unfinished',
          message: 'removing prod was begun 1 day ago and not ended',
          hint: 'claude-keys remove prod',
        },
      ],
    ],
    [
      'an add, of which nothing else is told',
      {
        change: { operation: 'add', startedAt: YESTERDAY },
        expiresAt: daysFromNow(-2),
        lastCheck: { at: YESTERDAY, status: 'unverified' },
      },
      [
        {
          code: 'add_unfinished',
          message: 'adding prod was begun 1 day ago and not ended; it is not there yet',
          hint: 'claude-keys rotate prod --resume, or --abort',
        },
      ],
    ],
    ['dates that are none', { expiresAt: 'soon', rotateAfterDays: 1, current: makeRecord('x', { addedAt: '?' }) }, []],
  ])('%s', (_, entry, expected) => {
    expect(warningsOfKey(entry)).toEqual(expected.map((warning) => ({ ...warning, key: 'prod' })));
  });

  test('come in the order of their urgency, then of the names', () => {
    const registry = makeRegistry([
      makeEntry('b', { expiresAt: daysFromNow(3), rotateAfterDays: 1 }),
      makeEntry('a', { rotateAfterDays: 1 }),
      makeEntry('c', { expiresAt: daysFromNow(-3) }),
    ]);
    const found = warningsOf(registry, { env: {}, now: () => NOW }).map(({ code, key }) => `${code} ${key}`);
    expect(found).toEqual(['expired c', 'expires_soon b', 'rotation_overdue a', 'rotation_overdue b']);
  });

  test('a default that is not there', () => {
    const [warning] = warningsOf(makeRegistry([], 'gone'), { env: {}, now: () => NOW });
    expect(warning).toEqual({
      code: 'default_missing',
      message: 'the default key, gone, is not there',
      hint: 'claude-keys use NAME',
    });
  });
});

describe('the variable in the environment', () => {
  const key = makeKey();
  const { redacted, fingerprint } = identify(new Secret(key));
  const warned = (rest: Partial<KeyEntry>, value: string) =>
    warningsOf(makeRegistry([makeEntry('prod', { change: null, ...rest })]), {
      env: { ANTHROPIC_API_KEY: value },
      now: () => NOW,
    });

  test.each([
    ['the current secret', { current: makeRecord('x', { fingerprint }) }, key],
    ['the same with a line end', { current: makeRecord('x', { fingerprint }) }, `${key}\n`],
    ['the pending secret', { pending: makeRecord('x', { fingerprint }) }, key],
    ['nothing', {}, ''],
  ])('%s is not warned of', (_, rest, value) => {
    expect(warned(rest, value)).toEqual([]);
  });

  test('another key is, in its redacted form', () => {
    expect(warned({}, key)).toEqual([
      {
        code: 'environment_differs',
        message: `ANTHROPIC_API_KEY in this environment is no stored key (${redacted})`,
        hint: 'store it: claude-keys add NAME --from-env ANTHROPIC_API_KEY; or: unset ANTHROPIC_API_KEY',
      },
    ]);
  });

  test('a previous secret says whose', () => {
    const [warning] = warned({ previous: makeRecord('x', { fingerprint }), change: null }, key);
    expect(warning).toEqual({
      code: 'environment_differs',
      key: 'prod',
      message: `ANTHROPIC_API_KEY in this environment is the previous secret of prod (${redacted})`,
      hint: 'eval "$(claude-keys export prod)"',
    });
  });

  test.each(['my-password-1234567', 'sk-ant-api03-\u001b[31m-0123456789'])(
    'of a value that is no key, nothing is shown: %j',
    (value) => {
      const [warning] = warned({}, value);
      expect(warning?.message).toBe('ANTHROPIC_API_KEY in this environment is no stored key');
    },
  );
});
