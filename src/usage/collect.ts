import type { Admin } from '../anthropic/admin/admin.ts';
import { type CostRow, costReport, type ReportRow, type UsageRow, usageReport } from '../anthropic/admin/analytics.ts';
import { type ConsoleKey, listConsoleKeys } from '../anthropic/admin/console-keys.ts';
import { type Names, workspaceNames } from '../anthropic/admin/directory.ts';
import type { Context } from '../context.ts';
import { allHoldings } from '../keys/holdings.ts';
import type { Registry } from '../keys/registry.ts';
import { gatewayCounts } from './gateway-counts.ts';
import type { UsageRecord } from './record.ts';

/** All that is known of a time. */
export interface Collected {
  readonly records: readonly UsageRecord[];
  /** Up to when the service had counted; what came later is the gateway's own count. Null without its reports. */
  readonly refreshedAt: string | null;
  /** Whether the gateway's counts are part of it. */
  readonly gateway: boolean;
}

/**
 * The service's reports, with the names that are known here, and behind their end what the gateway counted.
 * @param admin null where there is no admin key: then the gateway's counts are all there is
 * @param from a midnight (UTC); `to` one too
 */
export async function collect(
  ctx: Context,
  registry: Registry,
  admin: Admin | null,
  from: Date,
  to: Date,
): Promise<Collected> {
  const reports = admin === null ? null : await fromService(admin, registry, from, to);
  // Reports that do not say how far they go may have everything: nothing is counted twice.
  const until = reports === null ? from : new Date(reports.refreshedAt ?? to);
  const counted = await gatewayCounts(ctx, new Date(Math.max(from.getTime(), until.getTime())));
  return {
    records: [...(reports?.records ?? []), ...counted],
    refreshedAt: reports?.refreshedAt ?? null,
    gateway: counted.length > 0,
  };
}

async function fromService(admin: Admin, registry: Registry, from: Date, to: Date) {
  const [usage, cost, keys, workspaces] = await Promise.all([
    usageReport(admin, from, to),
    costReport(admin, from, to),
    listConsoleKeys(admin),
    workspaceNames(admin),
  ]);
  const name = keyNames(registry, keys);
  const refreshedAt = [usage.refreshedAt, cost.refreshedAt].filter((at) => at !== null).sort()[0] ?? null;
  return { records: joined(usage.rows, cost.rows, name, workspaces), refreshedAt };
}

/** The name that a row of the Console has here, found by its id or by what it shows of the key; else its own. */
function keyNames(registry: Registry, keys: readonly ConsoleKey[]): (id: string | null) => string | null {
  const byId = new Map<string, string>();
  const byHint = new Map<string, string>();
  for (const { entry, record } of allHoldings(registry)) {
    if (record.consoleId === undefined) byHint.set(record.redacted, entry.name);
    else byId.set(record.consoleId, entry.name);
  }
  const rows = new Map(keys.map((key) => [key.id, key]));
  return (id) => {
    if (id === null) return null;
    const row = rows.get(id);
    return byId.get(id) ?? byHint.get(row?.hint ?? '') ?? row?.name ?? id;
  };
}

/** Usage and cost are two reports with the same rows; a row may be in one alone (a web search has no tokens). */
function joined(
  usage: readonly UsageRow[],
  cost: readonly CostRow[],
  name: (id: string | null) => string | null,
  workspaces: Names,
): UsageRecord[] {
  const costs = new Map<string, number>();
  for (const row of cost) costs.set(idOf(row), (costs.get(idOf(row)) ?? 0) + row.nanos);
  const place = ({ day, keyId, model, workspaceId }: ReportRow) => ({
    day,
    key: name(keyId),
    model,
    workspace: workspaceId === null ? null : (workspaces.get(workspaceId) ?? workspaceId),
  });
  const records: UsageRecord[] = usage.map(({ requests, input, output, cacheRead, cacheWrite, ...row }) => {
    const nanos = costs.get(idOf(row)) ?? 0;
    costs.delete(idOf(row));
    return { ...place(row), requests, input, output, cacheRead, cacheWrite, nanos };
  });
  const none = { requests: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  for (const row of cost) {
    const nanos = costs.get(idOf(row));
    costs.delete(idOf(row));
    if (nanos !== undefined) records.push({ ...place(row), ...none, nanos });
  }
  return records;
}

function idOf({ day, keyId, model, workspaceId }: ReportRow): string {
  return JSON.stringify([day, keyId, model, workspaceId]);
}
