import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { duration, parseDays, parseExpiry, timeAgo, timeLeft } from '../../src/keys/dates.ts';

const NOW = new Date('2026-11-24T12:00:00Z');
const DAY = 86_400_000;

describe('an expiry', () => {
  test.each([
    ['2027-01-31', '2027-01-31T00:00:00.000Z'],
    ['2027-01-31T18:30Z', '2027-01-31T18:30:00.000Z'],
    ['2027-01-31T18:30:15.250Z', '2027-01-31T18:30:15.250Z'],
    ['2027-01-31T18:30:00+02:00', '2027-01-31T16:30:00.000Z'],
    [' 2028-02-29 ', '2028-02-29T00:00:00.000Z'],
    ['12h', '2026-11-25T00:00:00.000Z'],
    ['30d', '2026-12-24T12:00:00.000Z'],
    ['8w', '2027-01-19T12:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseExpiry(text, NOW)).toBe(expected);
  });

  test('without a zone is a time of this machine', () => {
    expect(parseExpiry('2027-01-31T18:30', NOW)).toBe(new Date(2027, 0, 31, 18, 30).toISOString());
  });

  test.each([
    ['never', 'is not a date'],
    ['', 'is not a date'],
    ['30', 'is not a date'],
    ['30m', 'is not a date'],
    ['-3d', 'is not a date'],
    ['1.5d', 'is not a date'],
    ['2027-02-29', 'is not a date'],
    ['2027-02-30T10:00Z', 'is not a date'],
    ['2027-13-01', 'is not a date'],
    ['2027-01-31T25:00Z', 'is not a date'],
    ['31.01.2027', 'is not a date'],
    ['01/31/2027', 'is not a date'],
    ['999999w', 'is not a date'],
    ['9999-01-01', 'is not a date'],
    ['2026-11-24', 'already past'],
    ['2026-11-24T12:00:00Z', 'already past'],
    ['1999-01-01', 'already past'],
    ['0d', 'already past'],
  ])('"%s" %s', (text, expected) => {
    const error = caught(() => parseExpiry(text, NOW));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(expected);
    expect(error.hint).toContain('30d');
  });
});

describe('a number of days', () => {
  test.each([
    ['1', 1],
    ['90', 90],
    [' 3650 ', 3650],
    ['007', 7],
  ])('%j is %d', (text, expected) => {
    expect(parseDays(text)).toBe(expected);
  });

  test.each(['', '0', '-1', '3651', '1.5', '1e2', '0x10', '90d', 'ninety', '9999999'])('"%s" is none', (text) => {
    const error = caught(() => parseDays(text));
    expect(error.code).toBe('usage');
    expect(error.hint).toContain('1 to 3650');
  });
});

describe('a time in words', () => {
  test.each([
    [0, 'just now'],
    [-59_000, 'just now'],
    [59_000, 'just now'],
    [-60_000, '1 minute ago'],
    [-3_599_000, '59 minutes ago'],
    [-3_600_000, '1 hour ago'],
    [-47 * 3_600_000, '1 day ago'],
    [-3 * DAY, '3 days ago'],
    [-59.9 * DAY, '59 days ago'],
    [-60 * DAY, '2 months ago'],
    [-729 * DAY, '24 months ago'],
    [-800 * DAY, '2 years ago'],
    [5 * DAY, 'in 5 days'],
    [5 * DAY - 1_000, 'in 5 days'],
    [40 * DAY, 'in 40 days'],
  ])('%d ms from now: %s', (offset, expected) => {
    expect(timeAgo(new Date(NOW.getTime() + offset).toISOString(), NOW)).toBe(expected);
  });

  test('a date that is none does not throw', () => {
    expect(timeAgo('yesterday', NOW)).toBe('at an unknown time');
  });

  test('what was is rounded down, what is to come is rounded', () => {
    expect([duration(90 * DAY - 1), timeLeft(45 * DAY - 1)]).toEqual(['2 months', '45 days']);
    expect([duration(-30_000), timeLeft(30_000)]).toEqual(['under a minute', 'under a minute']);
  });
});

function caught(work: () => unknown): UserError {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error;
  }
  throw new Error('no UserError was thrown');
}
