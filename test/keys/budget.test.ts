import { describe, expect, test } from 'vitest';
import { budgetText, parseBudget, periodAt } from '../../src/keys/budget.ts';

describe('a budget', () => {
  test.each([
    ['5/day', 5e9, 'day', '5/day'],
    ['50/month', 50e9, 'month', '50/month'],
    ['$0.50/day', 0.5e9, 'day', '0.5/day'],
    [' 12 USD / Month ', 12e9, 'month', '12/month'],
    ['0.000001/day', 1000, 'day', '0.000001/day'],
  ])('%j', (text, nanos, per, again) => {
    const budget = parseBudget(text);
    expect(budget).toEqual({ nanos, per });
    expect(budgetText(budget)).toBe(again);
  });

  test.each(['', '5', '/day', '0/day', '-1/day', '5/week', '1e9/day', '99999999/day', '5/day/month', '5,0/day'])(
    '%j is none',
    (text) => {
      expect(() => parseBudget(text)).toThrow(/is not a budget/);
    },
  );
});

test.each([
  ['day', '2026-11-24T23:59:59.999Z', '2026-11-24', '2026-11-25T00:00:00.000Z'],
  ['day', '2026-12-31T00:00:00.000Z', '2026-12-31', '2027-01-01T00:00:00.000Z'],
  ['month', '2026-12-31T12:00:00.000Z', '2026-12', '2027-01-01T00:00:00.000Z'],
] as const)('the %s of %s is %s until %s', (per, now, name, ends) => {
  expect(periodAt(per, new Date(now))).toEqual({ name, ends: new Date(ends) });
});
