import { FURTHEST_DAYS } from '../anthropic/admin/analytics.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { hasAdminKey, openAdmin } from '../keys/admin-key.ts';
import { listKeys, readRegistry } from '../keys/registry.ts';
import { readBudgets } from './budgets.ts';
import { type Collected, collect } from './collect.ts';
import { recordsFor, type Spike, spikes, UNUSED_DAYS, unused } from './findings.ts';
import { type BudgetState, type Forecast, forecast, stateOf } from './forecast.ts';
import { DAY_MS, dayStart, type Grouping } from './record.ts';
import { type Group, groupBy, type Range, timeBefore, totalOf } from './summary.ts';

/** Everything that `usage` shows. */
export interface UsageReport {
  readonly range: Range;
  readonly by: Grouping;
  readonly groups: readonly Group[];
  readonly days: readonly Group[];
  readonly total: Group;
  readonly month: Forecast;
  readonly budgets: readonly BudgetState[];
  readonly spikes: readonly Spike[];
  /** Names of keys that nobody used for 30 days; null where only the gateway counts, which does not see every use. */
  readonly unused: readonly string[] | null;
  readonly refreshedAt: string | null;
  /** `admin`: the service's reports; `gateway`: what a gateway here counted. */
  readonly sources: readonly ('admin' | 'gateway')[];
}

export interface ReportOptions {
  /** ISO 8601; the day (UTC) that it is in is part of the range. */
  readonly since: string;
  readonly by: Grouping;
  readonly adminKey: string | undefined;
}

/** Days before a range that make the history its spikes are told by. */
const HISTORY_DAYS = 28;

/** @throws {UserError} `usage` for a range that the service does not know any more; else as the Admin API's calls do. */
export async function makeReport(ctx: Context, { since, by, adminKey }: ReportOptions): Promise<UsageReport> {
  const now = ctx.now();
  const range = { from: dayStart(new Date(since)), to: new Date(dayStart(now).getTime() + DAY_MS) };
  const furthest = new Date(range.to.getTime() - FURTHEST_DAYS * DAY_MS);
  if (range.from < furthest) {
    throw new UserError('usage', `the service's reports go back ${FURTHEST_DAYS} days`, {
      hint: 'give a later --since',
    });
  }
  const registry = readRegistry(ctx);
  const admin = hasAdminKey(registry, { name: adminKey }) ? await openAdmin(ctx, registry, { name: adminKey }) : null;
  const from = new Date(Math.max(furthest.getTime(), earliest(range, now)));
  const collected = await collect(ctx, registry, admin, from, range.to);
  refuseNothing(collected, admin !== null);
  const { records, refreshedAt } = collected;
  const counted = refreshedAt === null ? now : new Date(Math.min(now.getTime(), Date.parse(refreshedAt)));
  return {
    range,
    by,
    groups: groupBy(records, range, by),
    days: groupBy(records, range, 'day'),
    total: totalOf(records, range),
    month: forecast(records, 'month', now, counted),
    budgets: readBudgets(ctx).map(({ name, ...budget }) =>
      stateOf(name, budget, recordsFor(records, name), now, counted),
    ),
    spikes: spikes(records, range),
    unused: admin === null ? null : unused(records, listKeys(registry), now).map(({ name }) => name),
    refreshedAt,
    sources: [...(admin === null ? [] : (['admin'] as const)), ...(collected.gateway ? (['gateway'] as const) : [])],
  };
}

/** The time before the range, the month, the history of its first day and the days without use: all in one question. */
function earliest(range: Range, now: Date): number {
  const month = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const history = range.from.getTime() - HISTORY_DAYS * DAY_MS;
  return Math.min(timeBefore(range).from.getTime(), month, history, dayStart(now).getTime() - UNUSED_DAYS * DAY_MS);
}

function refuseNothing({ gateway }: Collected, hasAdmin: boolean): void {
  if (hasAdmin || gateway) return;
  throw new UserError('admin_key_needed', 'no admin key is stored, and no gateway has counted anything here', {
    hint: 'make one (platform.claude.com/settings/admin-keys) and store it: claude-keys add admin',
  });
}
