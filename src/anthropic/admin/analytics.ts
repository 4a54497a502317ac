import type { Call } from '../client.ts';
import { NANOS_PER_DOLLAR, type Nanos } from '../prices.ts';
import type { Admin } from './admin.ts';

/** What one key did with one model in one workspace on one day (UTC). Null where the service attributes it to none. */
export interface ReportRow {
  /** `2026-11-24`. */
  readonly day: string;
  readonly keyId: string | null;
  readonly model: string | null;
  readonly workspaceId: string | null;
}

export interface UsageRow extends ReportRow {
  readonly requests: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface CostRow extends ReportRow {
  readonly nanos: Nanos;
}

export interface Report<T> {
  readonly rows: readonly T[];
  /** Up to when the service had counted when it answered; it lags by 4 to 24 hours. Null when it did not say. */
  readonly refreshedAt: string | null;
}

const DAY_MS = 86_400_000;
/** The most that one call may ask for, and how far back there is anything (API-FACTS.md). */
const WINDOW_DAYS = 31;
export const FURTHEST_DAYS = 365;
const PAGE = 1000;
const GROUP_BY = ['api_key_id', 'model', 'workspace_id'] as const;

/** The tokens of every key from one midnight (UTC) to another. @throws {UserError} as `Admin.ask` does. */
export function usageReport(admin: Admin, from: Date, to: Date): Promise<Report<UsageRow>> {
  const call =
    (query: Query): Call =>
    (client, signal) =>
      client.beta.organization.analytics.usage.list({ ...query, group_by: [...GROUP_BY] }, { signal });
  return report(admin, 'the usage of the organization', { from, to }, call, (row, at) => {
    const { usage } = row as { usage?: Readonly<Record<string, unknown>> };
    if (typeof usage !== 'object') return null;
    const written = Object.values(Object(usage['cache_creation']) as Record<string, unknown>).map(count);
    return {
      ...at,
      requests: count(usage['requests']),
      input: count(usage['uncached_input_tokens']),
      output: count(usage['output_tokens']),
      cacheRead: count(usage['cache_read_input_tokens']),
      cacheWrite: written.reduce((sum, tokens) => sum + tokens, 0),
    };
  });
}

/** What every key cost from one midnight (UTC) to another. @throws {UserError} as `Admin.ask` does. */
export function costReport(admin: Admin, from: Date, to: Date): Promise<Report<CostRow>> {
  const call =
    (query: Query): Call =>
    (client, signal) =>
      client.beta.organization.analytics.cost.list({ ...query, group_by: [...GROUP_BY] }, { signal });
  return report(admin, 'the cost of the organization', { from, to }, call, (row, at) => {
    const { amount, currency } = Object(row['cost']) as Record<string, unknown>;
    const nanos = nanosOfCents(amount);
    return nanos === null || currency !== 'USD' ? null : { ...at, nanos };
  });
}

/** Cents as a decimal text, exactly; a ten-millionth of a cent is the least that is counted. Null for anything else. */
export function nanosOfCents(text: unknown): Nanos | null {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d{1,14})(?:\.(\d+))?$/.exec(String(text)) ?? [];
  if (typeof text !== 'string' || whole === '') return null;
  const perCent = NANOS_PER_DOLLAR / 100;
  const nanos = Number(whole) * perCent + Math.round(Number(`0.${fraction || '0'}`) * perCent);
  return sign === '-' ? -nanos : nanos;
}

interface Query {
  readonly starting_at: string;
  readonly ending_at: string;
  readonly time_bucket_width: '1d';
  readonly limit: number;
  readonly page?: string;
}

/** Window after window, and each page after page. */
async function report<T>(
  admin: Admin,
  about: string,
  { from, to }: { readonly from: Date; readonly to: Date },
  call: (query: Query) => Call,
  read: (row: Readonly<Record<string, unknown>>, at: ReportRow) => T | null,
): Promise<Report<T>> {
  const rows: T[] = [];
  let refreshedAt: string | null = null;
  for (let start = from.getTime(); start < to.getTime(); start += WINDOW_DAYS * DAY_MS) {
    const end = Math.min(start + WINDOW_DAYS * DAY_MS, to.getTime());
    const window = { starting_at: isoOf(start), ending_at: isoOf(end), time_bucket_width: '1d', limit: PAGE } as const;
    for (let page: string | null | undefined; page !== null; ) {
      const query = { ...window, ...(page !== undefined && { page }) };
      const answer = await admin.ask({ about, call: call(query), read: (body) => readPage(body, read) });
      rows.push(...answer.rows);
      refreshedAt = [refreshedAt, answer.refreshedAt].filter((at) => at !== null).sort()[0] ?? null;
      page = answer.next === page ? null : answer.next;
    }
  }
  return { rows, refreshedAt };
}

function readPage<T>(
  body: Readonly<Record<string, unknown>>,
  read: (row: Readonly<Record<string, unknown>>, at: ReportRow) => T | null,
): { rows: T[]; next: string | null; refreshedAt: string | null } | null {
  const { data, has_more: hasMore, next_page: next, data_refreshed_at: refreshedAt } = body;
  if (!Array.isArray(data) || typeof hasMore !== 'boolean') return null;
  const rows = data.map((item) => {
    const row = Object(item) as Readonly<Record<string, unknown>>;
    const at = readPlace(row);
    return at === null ? null : read(row, at);
  });
  if (rows.includes(null)) return null;
  return { rows: rows as T[], next: hasMore ? textOf(next) : null, refreshedAt: textOf(refreshedAt) };
}

function readPlace({ starting_at: at, group }: Readonly<Record<string, unknown>>): ReportRow | null {
  if (typeof at !== 'string' || Number.isNaN(Date.parse(at))) return null;
  const { api_key_id: keyId, model, workspace_id: workspaceId } = Object(group) as Record<string, unknown>;
  const day = new Date(at).toISOString().slice(0, 10);
  return { day, keyId: textOf(keyId), model: textOf(model), workspaceId: textOf(workspaceId) };
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
