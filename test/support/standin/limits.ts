import { ANSWERS, apiError, type RawAnswer } from './answers.ts';
import type { ServiceRequest } from './service.ts';

/** A limit as the service keeps it; `workspaceId` null for the organization. */
interface Spend {
  readonly workspaceId: string | null;
  readonly amount: string | null;
  readonly period: 'daily' | 'weekly' | 'monthly';
}

const READ_BETA = 'spend-limit-reads-2026-09-26';
const PAGE = 2;

/** Rate limits and spend limits, in pages of two. */
export class LimitBook {
  /** Of the organization, by the name of the group of models. */
  readonly rates = new Map<string, Readonly<Record<string, number>>>([
    ['Haiku', { requests_per_minute: 4_000, output_tokens_per_minute: 800_000 }],
    ['Sonnet', { requests_per_minute: 2_000 }],
    ['Opus', { requests_per_minute: 1_000 }],
  ]);
  /** In which a workspace differs. */
  readonly ownRates = new Map<string, Readonly<Record<string, number>>>();
  readonly spend: Spend[] = [{ workspaceId: null, amount: '500000', period: 'monthly' }];
  /** Setting limits is in early access: most organizations may not. */
  mayWrite = false;

  /** Null when the route is none of its own. */
  answer(request: ServiceRequest): RawAnswer | null {
    const { pathname, searchParams: query } = new URL(request.path, 'http://localhost');
    const read = request.method === 'GET';
    if (pathname === '/v1/organizations/spend_limits') return read ? this.#spend(request, query) : this.#set(request);
    const [, workspaceId] = /^\/v1\/organizations\/workspaces\/([^/]+)\/rate_limits$/.exec(pathname) ?? [];
    if (!read) return null;
    if (workspaceId !== undefined) return page([...this.#ratesOf(this.ownRates, workspaceId)], query);
    return pathname === '/v1/organizations/rate_limits' ? page([...this.#ratesOf(this.rates, null)], query) : null;
  }

  *#ratesOf(rates: ReadonlyMap<string, Readonly<Record<string, number>>>, workspaceId: string | null) {
    for (const [name, limits] of rates) {
      if (workspaceId !== null && name !== workspaceId) continue;
      yield {
        id: `rl_${name}`,
        type: workspaceId === null ? 'rate_limit' : 'workspace_rate_limit',
        group: { type: 'model_group', id: `mg_${name}`, display_name: workspaceId === null ? name : 'Haiku' },
        models: ['claude-haiku-5-5'],
        limits: Object.entries(limits).map(([type, value]) => ({ type, value })),
      };
    }
  }

  #spend(request: ServiceRequest, query: URLSearchParams): RawAnswer {
    if (!String(request.headers['anthropic-beta'] ?? '').includes(READ_BETA)) return ANSWERS.path_not_found;
    return page(this.spend.map(toApi), query);
  }

  #set({ body }: ServiceRequest): RawAnswer {
    if (!this.mayWrite) {
      return apiError(403, 'permission_error', 'Setting limits is not enabled.', {
        code: 'spend_limits_admin_api_writes_not_enabled',
      });
    }
    const { amount, scope, period } = JSON.parse(body);
    if (!/^\d+$/.test(amount) || scope.type !== 'workspace' || period !== 'monthly') {
      return apiError(400, 'invalid_request_error', 'not a limit of a workspace');
    }
    const limit = { workspaceId: scope.workspace_id, amount, period } as const;
    const others = this.spend.filter(({ workspaceId }) => workspaceId !== limit.workspaceId);
    this.spend.splice(0, this.spend.length, ...others, limit);
    return ok(toApi(limit));
  }
}

function page(data: readonly unknown[], query: URLSearchParams): RawAnswer {
  const at = Number(query.get('page') ?? 0);
  const next = at + PAGE < data.length ? String(at + PAGE) : null;
  return ok({ data: data.slice(at, at + PAGE), next_page: next });
}

function toApi({ workspaceId, amount, period }: Spend) {
  return {
    id: `spl_${workspaceId ?? 'organization'}`,
    type: 'spend_limit',
    amount,
    currency: 'USD',
    is_enabled: true,
    period,
    scope: workspaceId === null ? { type: 'organization' } : { type: 'workspace', workspace_id: workspaceId },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };
}

const ok = (body: unknown): RawAnswer => ({ status: 200, body, headers: { 'content-type': 'application/json' } });
