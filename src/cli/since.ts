import { UserError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/**
 * A moment in the past as people write it: `90m`, `24h`, `7d`, `4w` before now, or a date or time, `2026-11-01`,
 * `2026-11-01T08:00Z`.
 * @returns the moment, as ISO 8601 in UTC
 * @throws {UserError} `usage` for anything else, and for what is still to come.
 */
export function parseSince(text: string, now: Date): string {
  const [, amount, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text.trim()) ?? [];
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]{5,12}(?:Z|[+-]\d{2}:\d{2})?)?$/.test(text.trim());
  const at =
    amount === undefined
      ? isDate
        ? Date.parse(text)
        : Number.NaN
      : now.getTime() - Number(amount) * (UNIT_MS[unit] ?? 0);
  if (at <= now.getTime()) return new Date(at).toISOString();
  throw new UserError('usage', `${JSON.stringify(text.slice(0, 40))} is no time in the past`, {
    hint: 'write it like 24h, 7d, 4w, 2026-11-01 or 2026-11-01T08:00Z',
  });
}
