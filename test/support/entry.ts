import type { KeyEntry, SecretRecord } from '../../src/keys/entry.ts';
import type { Registry } from '../../src/keys/registry.ts';

/** The day of every test machine. */
export const NOW = new Date('2026-11-24T12:00:00Z');

const DAY_MS = 24 * 3_600_000;

/** So many days from {@link NOW}; negative for the past. */
export function daysFromNow(days: number): string {
  return new Date(NOW.getTime() + days * DAY_MS).toISOString();
}

/** What is remembered of a secret that nobody has. */
export function makeRecord(mark: string, record: Partial<SecretRecord> = {}): SecretRecord {
  return {
    redacted: `sk-ant-api03-${mark}...igAA`,
    fingerprint: `sha256:${mark.padEnd(16, '0')}`,
    addedAt: daysFromNow(-42),
    organizationId: null,
    ...record,
  };
}

/** An entry without its secret: a plain key, added 42 days ago and tested 3 days ago, but for what is given. */
export function makeEntry(name: string, rest: Partial<KeyEntry> = {}): KeyEntry {
  return {
    name,
    kind: 'api',
    environment: null,
    store: 'keychain',
    note: null,
    addedAt: daysFromNow(-42),
    expiresAt: null,
    rotateAfterDays: null,
    lastCheck: { at: daysFromNow(-3), status: 'valid' },
    current: makeRecord('abc'),
    pending: null,
    previous: null,
    change: null,
    ...rest,
  };
}

export function makeRegistry(entries: readonly KeyEntry[], defaultKey: string | null = null): Registry {
  return { default: defaultKey, keys: new Map(entries.map((entry) => [entry.name, entry])) };
}
