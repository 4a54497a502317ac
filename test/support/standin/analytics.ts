import { apiError, type RawAnswer } from './answers.ts';
import type { StandinKey } from './keys.ts';
import type { ServiceRequest } from './service.ts';

/** What was used on a day, as the service keeps it. */
export interface UsedOnDay {
  /** `2026-11-24`. */
  readonly day: string;
  readonly keyId: string | null;
  readonly model?: string | null;
  readonly workspaceId?: string | null;
  readonly requests?: number;
  readonly input?: number;
  readonly output?: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
  /** A decimal text. */
  readonly cents: string;
}

const BETA = 'analytics-usage-cost-2026-08-24';
const DAY_MS = 86_400_000;
const MOST_DAYS = 31;
const FURTHEST_DAYS = 365;
const PARAMETERS = ['starting_at', 'ending_at', 'time_bucket_width', 'limit', 'page', 'group_by[]'];
const DIMENSIONS = ['api_key_id', 'model', 'workspace_id'];

/**
 * The usage and cost reports, as API-FACTS.md has them: at most 31 days in one call, pages, amounts in cents as decimal
 * texts, and nothing of what was used after the last refresh.
 */
export class AnalyticsBook {
  readonly #used: UsedOnDay[] = [];
  /** What came later is not counted yet. */
  refreshedAt = '2026-11-24T06:00:00Z';
  /** Now, as the service has it. */
  now = new Date('2026-11-24T12:00:00Z');

  add(...used: readonly UsedOnDay[]): void {
    this.#used.push(...used);
  }

  /** Null when the route is none of its own. */
  answer(request: ServiceRequest, _key: StandinKey): RawAnswer | null {
    const { pathname, searchParams: query } = new URL(request.path, 'http://localhost');
    const [, kind] = /^\/v1\/organizations\/analytics\/(usage|cost)$/.exec(pathname) ?? [];
    if (kind === undefined || request.method !== 'GET') return null;
    if (!String(request.headers['anthropic-beta'] ?? '').includes(BETA)) return invalid('anthropic-beta: required');
    const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name));
    if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`);
    const groupBy = query.getAll('group_by[]');
    const wrong = groupBy.find((name) => !DIMENSIONS.includes(name));
    if (wrong !== undefined) return invalid(`group_by: ${wrong}`);
    if (query.get('time_bucket_width') !== '1d') return invalid('time_bucket_width: the stand-in knows days alone');
    const from = Date.parse(query.get('starting_at') ?? '');
    const to = Date.parse(query.get('ending_at') ?? '');
    if (Number.isNaN(from) || Number.isNaN(to) || to <= from) return invalid('starting_at: not a range');
    if (to - from > MOST_DAYS * DAY_MS) return invalid(`ending_at: at most ${MOST_DAYS} days`);
    if (from < this.now.getTime() - FURTHEST_DAYS * DAY_MS) return invalid('starting_at: too long ago');
    return this.#page(this.#rows(kind as 'usage' | 'cost', from, to, groupBy), query);
  }

  #page(rows: readonly unknown[], query: URLSearchParams): RawAnswer {
    const limit = Number(query.get('limit') ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return invalid('limit: must be from 1 to 1000');
    const at = query.get('page') === null ? 0 : Number(/^page_(\d+)$/.exec(query.get('page') ?? '')?.[1]);
    if (Number.isNaN(at)) return invalid('page: no such page');
    const more = at + limit < rows.length;
    const data = rows.slice(at, at + limit);
    const next = more ? `page_${at + limit}` : null;
    return {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { data, has_more: more, next_page: next, data_refreshed_at: this.refreshedAt },
    };
  }

  #rows(kind: 'usage' | 'cost', from: number, to: number, groupBy: readonly string[]): unknown[] {
    const groups = new Map<string, UsedOnDay[]>();
    for (const used of this.#used) {
      const at = Date.parse(used.day);
      if (at < from || at >= to || used.day > this.refreshedAt.slice(0, 10)) continue;
      const id = JSON.stringify([used.day, groupOf(used, groupBy)]);
      groups.set(id, [...(groups.get(id) ?? []), used]);
    }
    return [...groups.values()].map((all) => {
      const [first] = all as [UsedOnDay];
      const [starting, group] = [Date.parse(first.day), groupOf(first, groupBy)];
      const place = { starting_at: iso(starting), ending_at: iso(starting + DAY_MS), group };
      return kind === 'usage' ? { ...place, usage: usageOf(all) } : { ...place, cost: costOf(all) };
    });
  }
}

function groupOf({ keyId, model = null, workspaceId = null }: UsedOnDay, groupBy: readonly string[]) {
  const all = { api_key_id: keyId, model, workspace_id: workspaceId };
  const chosen = Object.entries(all).map(([name, value]) => [name, groupBy.includes(name) ? value : null]);
  return { actor: null, product: null, ...Object.fromEntries(chosen) };
}

function usageOf(all: readonly UsedOnDay[]) {
  const sum = (field: 'requests' | 'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h') =>
    all.reduce((total, used) => total + (used[field] ?? 0), 0);
  const creation = { ephemeral_5m_input_tokens: sum('cacheWrite5m'), ephemeral_1h_input_tokens: sum('cacheWrite1h') };
  return {
    uncached_input_tokens: sum('input'),
    output_tokens: sum('output'),
    cache_read_input_tokens: sum('cacheRead'),
    cache_creation: creation,
    requests: sum('requests'),
    server_tool_use: { web_search_requests: 0 },
    total_tokens: sum('input') + sum('output') + sum('cacheRead') + sum('cacheWrite5m') + sum('cacheWrite1h'),
  };
}

function costOf(all: readonly UsedOnDay[]) {
  const amount = String(all.reduce((total, { cents }) => total + Number(cents), 0));
  return { amount: all.length === 1 ? all[0]?.cents : amount, list_amount: amount, currency: 'USD', requests: null };
}

const iso = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
const invalid = (message: string): RawAnswer => apiError(400, 'invalid_request_error', message);
