import { duration, timeLeft } from './dates.ts';
import { isThere, type KeyEntry } from './entry.ts';
import { rotationDue } from './view.ts';

/**
 * Something that is to be done for a key now, without a person. In this order, for one key: end what was begun, end a
 * grace, switch a standby off, replace the secret.
 */
export interface Due {
  readonly what: 'resume' | 'retire' | 'settle' | 'rotate';
  /** For a person: "due for 3 days". */
  readonly why: string;
  /** It is due because of the time of day, which a wrong clock gets wrong. */
  readonly byClock: boolean;
  /** The standby it is about. */
  readonly standby?: number;
}

const DAY_MS = 24 * 3_600_000;

export function duesOf(entry: KeyEntry, now: Date): Due[] {
  if (!isThere(entry)) return [];
  const { change, previous, retirement, standby = [] } = entry;
  const dues: Due[] = [];
  if (change?.operation === 'rotate') {
    dues.push({ what: 'resume', why: `interrupted at the step ${change.step}`, byClock: false });
  }
  const graceOver = retirement ? now.getTime() - Date.parse(retirement.at) : Number.NaN;
  if (previous !== null && graceOver >= 0) {
    dues.push({ what: 'retire', why: `the grace of ${previous.redacted} is over`, byClock: true });
  }
  for (const { number, state } of standby) {
    if (state === 'ready') continue;
    dues.push({ what: 'settle', why: `standby ${number} is not switched off yet`, byClock: false, standby: number });
  }
  const why = whyRotate(entry, now);
  if (why !== null) dues.push({ what: 'rotate', why, byClock: true });
  return dues;
}

/** Why the secret is to be replaced now; null when it is not. */
export function whyRotate(entry: KeyEntry, now: Date): string | null {
  const expires = entry.expiresAt === null ? Number.NaN : Date.parse(entry.expiresAt) - now.getTime();
  if (expires <= 0) return `expired ${duration(expires)} ago`;
  if (expires <= expiryLead(entry)) return `expires in ${timeLeft(expires)}`;
  const over = now.getTime() - rotationDue(entry);
  return over >= 0 ? `due for ${duration(over)}` : null;
}

/**
 * How long before its expiry a secret is replaced: a day, and for one that lives for hours or days the last quarter of
 * its life. On the day itself it would be too late: the name would give a dead one.
 */
export function expiryLead({ expiresAt, current }: KeyEntry): number {
  const life = Date.parse(expiresAt ?? '') - Date.parse(current.addedAt);
  return life > 0 ? Math.min(DAY_MS, life / 4) : DAY_MS;
}
