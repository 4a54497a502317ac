import { createReadStream, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Context } from '../context.ts';
import { dayOf, type UsageRecord } from './record.ts';

/**
 * What the gateway counted from a moment on, by its access log: cost by list prices. The service's own reports lag by
 * hours, and this fills the gap.
 * @param since ISO 8601 in UTC
 */
export async function gatewayCounts(ctx: Context, since: string): Promise<UsageRecord[]> {
  const sums = new Map<string, UsageRecord>();
  for (const file of logFiles(ctx)) {
    // The last line of a file is as old as the file.
    if (statSync(file).mtime.toISOString() < since) continue;
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = parse(text);
      if (line === null || line.time < since) continue;
      const { day, key, model } = line.record;
      const id = JSON.stringify([day, key, model]);
      sums.set(id, sum(sums.get(id), line.record));
    }
  }
  return [...sums.values()];
}

/** `gateway.jsonl`, and the older ones beside it. */
function logFiles(ctx: Context): string[] {
  const file = join(dirname(ctx.paths.registryFile), 'gateway.jsonl');
  try {
    return readdirSync(dirname(file))
      .filter((name) => name === basename(file) || /^gateway\.jsonl\.\d+$/.test(name))
      .map((name) => join(dirname(file), name));
  } catch {
    return [];
  }
}

/** Null for a line that was cut off, and for a request that used nothing. */
function parse(text: string): { time: string; record: UsageRecord } | null {
  try {
    const { time, key, model, tokens, usd } = Object(JSON.parse(text)) as Record<string, unknown>;
    if (typeof time !== 'string' || typeof tokens !== 'object' || tokens === null) return null;
    const { input, output, cacheRead, cacheWrite5m, cacheWrite1h } = tokens as Record<string, unknown>;
    return {
      time,
      record: {
        day: dayOf(new Date(time)),
        key: typeof key === 'string' ? key : null,
        model: typeof model === 'string' ? model : null,
        workspace: null,
        requests: 1,
        input: count(input),
        output: count(output),
        cacheRead: count(cacheRead),
        cacheWrite: count(cacheWrite5m) + count(cacheWrite1h),
        nanos: count(usd),
      },
    };
  } catch {
    return null;
  }
}

function sum(before: UsageRecord | undefined, one: UsageRecord): UsageRecord {
  if (before === undefined) return one;
  return {
    ...one,
    requests: before.requests + one.requests,
    input: before.input + one.input,
    output: before.output + one.output,
    cacheRead: before.cacheRead + one.cacheRead,
    cacheWrite: before.cacheWrite + one.cacheWrite,
    nanos: before.nanos + one.nanos,
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}
