import { UserError } from '../errors.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const UNIT_MS: Readonly<Record<string, number>> = { h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS };
/** Further away than this is a slip of the finger. */
const FURTHEST_MS = 100 * 365 * DAY_MS;
const MAX_DAYS = 3650;

const FROM_NOW = /^(\d{1,6})([hdw])$/;
const ISO = /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * An expiry as people write it: `2027-01-31` (its first moment, UTC, so that a warning is never late), a whole ISO time
 * (local without a zone), or from now on: `12h`, `30d`, `8w`.
 * @returns the moment, as ISO 8601 in UTC
 * @throws {UserError} `usage` when it is no date, or is past.
 */
export function parseExpiry(text: string, now: Date): string {
  const at = momentOf(text.trim(), now);
  if (Number.isNaN(at) || at - now.getTime() > FURTHEST_MS) {
    throw new UserError('usage', `${JSON.stringify(text.slice(0, 40))} is not a date for an expiry`, {
      hint: 'write it like 2027-01-31, 2027-01-31T18:00Z, 12h, 30d or 8w',
    });
  }
  if (at <= now.getTime()) {
    throw new UserError('usage', `an expiry of ${new Date(at).toISOString()} is already past`, {
      hint: 'give a time to come, like 2027-01-31 or 30d (a date alone means the beginning of that day, UTC)',
    });
  }
  return new Date(at).toISOString();
}

function momentOf(text: string, now: Date): number {
  const [, amount, unit] = FROM_NOW.exec(text) ?? [];
  if (amount !== undefined) return now.getTime() + Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
  const [, day] = ISO.exec(text) ?? [];
  return day === undefined || !isDay(day) ? Number.NaN : Date.parse(text);
}

/** The engine takes 2027-02-30 for March 2; a person who wrote it meant something else. */
function isDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}

/**
 * A length of time: `30m`, `24h`, `7d`, `2w`.
 * @returns milliseconds
 * @throws {UserError} `usage` with this message for anything else, and for more than ten years.
 */
export function parseDuration(text: string, otherwise: string): number {
  const [, amount = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text.trim()) ?? [];
  const ms = Number(amount) * (unit === 'm' ? MINUTE_MS : (UNIT_MS[unit] ?? Number.NaN));
  if (ms > 0 && ms <= MAX_DAYS * DAY_MS) return ms;
  throw new UserError('usage', `${otherwise}, not ${JSON.stringify(text.slice(0, 40))}`, {
    hint: 'write a length of time like 30m, 24h, 7d or 2w',
  });
}

/**
 * A number of days, 1 to 3650.
 * @throws {UserError} `usage` for anything else.
 */
export function parseDays(text: string): number {
  const days = /^\d{1,6}$/.test(text.trim()) ? Number(text) : 0;
  if (days >= 1 && days <= MAX_DAYS) return days;
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 40))} is not a number of days`, {
    hint: `give a whole number from 1 to ${MAX_DAYS}, for example 90`,
  });
}

/** Each unit with the length from which it is used: "45 days" says more than "1 month". */
const UNITS: readonly { readonly unit: string; readonly ms: number; readonly from: number }[] = [
  { unit: 'year', ms: 365 * DAY_MS, from: 730 * DAY_MS },
  { unit: 'month', ms: 30 * DAY_MS, from: 60 * DAY_MS },
  { unit: 'day', ms: DAY_MS, from: DAY_MS },
  { unit: 'hour', ms: HOUR_MS, from: HOUR_MS },
  { unit: 'minute', ms: MINUTE_MS, from: MINUTE_MS },
];

/** How long a time was, in one unit, rounded down: `45 days`, `3 hours`, `1 minute`. */
export function duration(ms: number): string {
  return inOneUnit(Math.abs(ms), Math.floor);
}

/** How long a time to come is. Rounded, so that 90 days are still 90 a second after they began. */
export function timeLeft(ms: number): string {
  return inOneUnit(Math.abs(ms), Math.round);
}

function inOneUnit(length: number, round: (count: number) => number): string {
  const found = UNITS.find(({ from }) => length >= from);
  if (found === undefined) return 'under a minute';
  const count = round(length / found.ms);
  return `${count} ${found.unit}${count === 1 ? '' : 's'}`;
}

/** A time seen from now: `3 days ago`, `in 5 days`, `just now`. */
export function timeAgo(iso: string, now: Date): string {
  const passed = now.getTime() - Date.parse(iso);
  if (Number.isNaN(passed)) return 'at an unknown time';
  if (Math.abs(passed) < MINUTE_MS) return 'just now';
  return passed > 0 ? `${duration(passed)} ago` : `in ${timeLeft(passed)}`;
}
