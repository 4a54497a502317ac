import { describe, expect, test } from 'vitest';
import type { KeyEntry } from '../../src/keys/entry.ts';
import { toKey } from '../../src/keys/view.ts';
import { daysFromNow, makeEntry, makeRecord, makeRegistry } from '../support/entry.ts';

describe('the public form of a key', () => {
  test('is the Key of the contract and nothing else', () => {
    const entry = makeEntry('production', {
      environment: 'production',
      note: 'of the backend',
      expiresAt: daysFromNow(30),
      rotateAfterDays: 90,
      current: makeRecord('R2D', { organizationId: 'org' }),
      previous: makeRecord('OLD'),
    });
    expect(toKey(entry, makeRegistry([entry], 'production'))).toEqual({
      name: 'production',
      kind: 'api',
      environment: 'production',
      store: 'keychain',
      redacted: 'sk-ant-api03-R2D...igAA',
      fingerprint: 'sha256:R2D0000000000000',
      default: true,
      note: 'of the backend',
      addedAt: daysFromNow(-42),
      expiresAt: daysFromNow(30),
      rotateAfterDays: 90,
      rotateBy: daysFromNow(48),
      lastCheck: { at: daysFromNow(-3), status: 'valid' },
      rotation: null,
      retireAt: null,
      standby: { ready: 0, total: 0 },
      organizationId: 'org',
      consoleId: null,
      workspace: null,
      targets: [],
    });
  });

  test('counts the rotation from the current secret, not from the key', () => {
    const entry = makeEntry('k', { rotateAfterDays: 10, current: makeRecord('new', { addedAt: daysFromNow(-1) }) });
    expect(toKey(entry, makeRegistry([entry]))).toMatchObject({
      addedAt: daysFromNow(-42),
      rotateBy: daysFromNow(9),
      default: false,
    });
  });

  test.each<[KeyEntry['change'], ReturnType<typeof toKey>['rotation']]>([
    [
      { operation: 'rotate', step: 'test', startedAt: daysFromNow(0) },
      { step: 'test', startedAt: daysFromNow(0) },
    ],
    [{ operation: 'remove', startedAt: daysFromNow(0) }, null],
    [{ operation: 'rename', from: 'a', to: 'b', startedAt: daysFromNow(0) }, null],
  ])('%j is the rotation %j', (change, rotation) => {
    const entry = makeEntry('k', { change });
    expect(toKey(entry, makeRegistry([entry])).rotation).toEqual(rotation);
  });

  test('a damaged date has no rotation', () => {
    const entry = makeEntry('k', { rotateAfterDays: 10, current: makeRecord('new', { addedAt: 'once' }) });
    expect(toKey(entry, makeRegistry([entry])).rotateBy).toBeNull();
  });
});
