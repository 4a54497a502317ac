import { duration, timeAgo, timeLeft } from '../keys/dates.ts';
import type { KeyEntry } from '../keys/entry.ts';
import type { Registry } from '../keys/registry.ts';
import { rotationDue, standbyOf } from '../keys/view.ts';
import type { Tone } from './paint.ts';
import { printable } from './plain.ts';

/** What `status` shows of one key, in words: every text is safe to print. */
export interface StatusRow {
  readonly isDefault: boolean;
  readonly name: string;
  readonly environment: string;
  readonly redacted: string;
  readonly store: string;
  readonly check: string;
  readonly checkTone: Tone;
  /** When it was checked. */
  readonly when: string;
  /** Both, in one. */
  readonly checkAndWhen: string;
  readonly age: string;
  readonly due: string;
  readonly dueTone: Tone;
  readonly note: string;
}

type Status = NonNullable<KeyEntry['lastCheck']>['status'];

type Check = Pick<StatusRow, 'check' | 'checkTone'>;

const NEVER: Check = { check: 'not tested', checkTone: 'warn' };

const CHECKS: Readonly<Record<Status, Check>> = {
  valid: { check: 'valid', checkTone: 'good' },
  rejected: { check: 'rejected', checkTone: 'bad' },
  disabled: { check: 'disabled', checkTone: 'bad' },
  no_credit: { check: 'no credit', checkTone: 'warn' },
  limited: { check: 'limited', checkTone: 'warn' },
  forbidden: { check: 'forbidden', checkTone: 'warn' },
  model_unavailable: { check: 'no model', checkTone: 'warn' },
  undecided: { check: 'undecided', checkTone: 'warn' },
  unverified: { check: 'unverified', checkTone: 'warn' },
};

const SOON_MS = 14 * 24 * 3_600_000;

export function toRow(entry: KeyEntry, registry: Registry, now: Date): StatusRow {
  const { name, lastCheck, current, standby } = entry;
  const { check, checkTone } = lastCheck === null ? NEVER : CHECKS[lastCheck.status];
  const { due, dueTone } = dueOf(entry, now);
  const when = lastCheck === null ? '' : timeAgo(lastCheck.at, now);
  return {
    isDefault: registry.default === name,
    name,
    environment: printable(entry.environment ?? ''),
    redacted: printable(current.redacted),
    store: entry.store,
    check,
    checkTone,
    when,
    checkAndWhen: when === '' ? check : `${check}, ${when}`,
    age: ageOf(current.addedAt, now),
    due: standby === undefined ? due : `${due}${due && ', '}${standbyOf(entry).ready} on standby`,
    dueTone,
    note: printable(entry.note ?? ''),
  };
}

function ageOf(addedAt: string, now: Date): string {
  const age = now.getTime() - Date.parse(addedAt);
  return Number.isNaN(age) ? 'unknown' : duration(Math.max(0, age));
}

/** Whichever comes first, the expiry or the rotation. */
function dueOf(entry: KeyEntry, now: Date): { due: string; dueTone: Tone } {
  const rotates = rotationDue(entry) - now.getTime();
  const expires = entry.expiresAt === null ? Number.NaN : Date.parse(entry.expiresAt) - now.getTime();
  if (expires <= 0) return { due: `expired ${duration(expires)} ago`, dueTone: 'bad' };
  if (rotates <= 0) return { due: `overdue ${duration(rotates)}`, dueTone: 'warn' };
  // A comparison with NaN, which stands for never, is false.
  if (rotates <= expires || (rotates > 0 && Number.isNaN(expires))) {
    return { due: `rotate in ${timeLeft(rotates)}`, dueTone: 'plain' };
  }
  if (expires > 0) return { due: `expires in ${timeLeft(expires)}`, dueTone: expires <= SOON_MS ? 'warn' : 'plain' };
  return { due: '', dueTone: 'plain' };
}
