import { randomUUID } from 'node:crypto';
import { redact } from '../../../src/keys/identify.ts';
import { apiError, type RawAnswer } from './answers.ts';
import type { StandinKey } from './keys.ts';
import type { ServiceRequest } from './service.ts';

export type RowStatus = 'active' | 'inactive' | 'archived' | 'expired';

/** A row of the Console's key page, as the Admin API gives it. */
export interface ConsoleRow {
  readonly id: string;
  readonly name: string;
  readonly status: RowStatus;
  readonly hint: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly createdBy: string | null;
  readonly workspaceId: string | null;
  readonly organizationId: string;
}

interface KeptRow extends ConsoleRow {
  /** What the key could do before its last switch: the service needs a moment to notice it. */
  readonly before: RowStatus;
  readonly switchedAt: number;
}

export const CREATOR = { id: 'user_01Grace', name: 'Grace', email: 'grace@example.com' } as const;
export const WORKSPACE = { id: 'wrkspc_01Apps', name: 'Apps' } as const;

/**
 * The keys of the Console, with the state that the Admin API changes. As strict as can be: a change of status that
 * changes nothing, or that there is no way back from, is a 400.
 */
export class ConsoleBook {
  /** In the order of their creation; the API lists the newest first. */
  readonly #rows = new Map<string, KeptRow>();
  /** How long the service goes on with what it knew before a switch. */
  switchDelayMs = 0;

  /** @param secret null for a key that nobody here holds */
  add(secret: string | null, row: Partial<ConsoleRow> = {}): ConsoleRow {
    const kept: KeptRow = {
      id: `apikey_01${randomUUID().replaceAll('-', '').slice(0, 22)}`,
      name: `key ${this.#rows.size + 1}`,
      status: 'active',
      hint: secret === null ? null : redact(secret),
      createdAt: new Date().toISOString(),
      expiresAt: null,
      createdBy: CREATOR.id,
      workspaceId: WORKSPACE.id,
      organizationId: '',
      before: 'active',
      switchedAt: 0,
      ...row,
    };
    this.#rows.set(kept.id, kept);
    return kept;
  }

  get rows(): readonly ConsoleRow[] {
    return [...this.#rows.values()].map(nowOf);
  }

  /** As a person does it in the Console: anything goes, and it counts at once. */
  set(id: string, change: Partial<ConsoleRow>): void {
    const row = this.#rows.get(id);
    if (row === undefined) throw new Error(`the stand-in's Console has no row ${id}`);
    this.#rows.set(id, { ...row, ...change, switchedAt: 0 });
  }

  /** Deleted, as only the Console can. */
  delete(id: string): void {
    this.#rows.delete(id);
  }

  /** Whether the service takes a key of this row at the moment. */
  state(id: string): StandinKey['state'] {
    const row = this.#rows.get(id);
    if (row === undefined) return 'rejected';
    const { status } = nowOf(row);
    if (status === 'expired') return 'expired';
    const effective = Date.now() - row.switchedAt < this.switchDelayMs ? row.before : status;
    return effective === 'active' ? 'active' : 'inactive';
  }

  /** What the Admin API answers; null when the route is none of its own. */
  answer(request: ServiceRequest, key: StandinKey): RawAnswer | null {
    const { pathname, searchParams } = new URL(request.path, 'http://localhost');
    const match = /^\/v1\/organizations\/api_keys(?:\/([^/]+))?$/.exec(pathname);
    if (match === null) return directory(request, pathname, searchParams);
    const [, id] = match;
    if (id === undefined) return request.method === 'GET' ? this.#list(key, searchParams) : null;
    const row = this.#rows.get(decodeURIComponent(id));
    if (row === undefined || row.organizationId !== key.organizationId) {
      return apiError(404, 'not_found_error', 'API key not found');
    }
    if (request.method === 'GET') return ok(toApi(nowOf(row)));
    return request.method === 'POST' ? this.#update(row, request.body) : null;
  }

  #list(key: StandinKey, query: URLSearchParams): RawAnswer {
    const unknown = [...query.keys()].find((name) => !LIST_PARAMETERS.includes(name));
    if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`);
    const rows = [...this.#rows.values()]
      .map(nowOf)
      .filter(({ organizationId }) => organizationId === key.organizationId)
      .filter(({ status }) => query.get('status') === null || status === query.get('status'))
      .filter(({ workspaceId }) => query.get('workspace_id') === null || workspaceId === query.get('workspace_id'))
      .reverse();
    return page(rows.map(toApi), query);
  }

  #update(row: KeptRow, text: string): RawAnswer {
    const { name, status, ...rest } = JSON.parse(text || '{}');
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) return invalid(`${unknown}: Extra inputs are not permitted`);
    const from = nowOf(row).status;
    if (status !== undefined && !TRANSITIONS[from].includes(status)) {
      return invalid(`status: an API key that is ${from} cannot be made ${String(status)}`);
    }
    const changed: KeptRow = {
      ...row,
      ...(typeof name === 'string' && { name }),
      ...(status !== undefined && { status, before: from, switchedAt: Date.now() }),
    };
    this.#rows.set(row.id, changed);
    return ok(toApi(changed));
  }
}

const LIST_PARAMETERS = ['after_id', 'before_id', 'created_by_user_id', 'limit', 'status', 'workspace_id'];

const TRANSITIONS: Readonly<Record<RowStatus, readonly string[]>> = {
  active: ['inactive', 'archived'],
  inactive: ['active', 'archived'],
  archived: [],
  expired: ['archived'],
};

function nowOf(row: KeptRow): KeptRow {
  const over = row.expiresAt !== null && Date.parse(row.expiresAt) <= Date.now();
  return over && row.status !== 'archived' ? { ...row, status: 'expired' } : row;
}

function directory(request: ServiceRequest, pathname: string, query: URLSearchParams): RawAnswer | null {
  if (request.method !== 'GET') return null;
  if (pathname === '/v1/organizations/workspaces') {
    return page([{ type: 'workspace', ...WORKSPACE, archived_at: null }], query);
  }
  if (pathname === '/v1/organizations/users') {
    return page([{ type: 'user', ...CREATOR, added_at: '2026-01-01T00:00:00Z', role: 'developer' }], query);
  }
  return null;
}

function page(
  data: readonly ({ readonly id: string } & Readonly<Record<string, unknown>>)[],
  query: URLSearchParams,
): RawAnswer {
  const limit = Number(query.get('limit') ?? 20);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) return invalid('limit: must be from 1 to 1000');
  const after = query.get('after_id');
  const at = after === null ? 0 : data.findIndex(({ id }) => id === after) + 1;
  if (after !== null && at === 0) return invalid('after_id: no such object');
  const items = data.slice(at, at + limit);
  return ok({
    data: items,
    has_more: at + limit < data.length,
    first_id: items[0]?.id ?? null,
    last_id: items.at(-1)?.id ?? null,
  });
}

function toApi(row: ConsoleRow) {
  const { id, name, status, hint, createdAt, expiresAt, createdBy, workspaceId } = row;
  return {
    id,
    type: 'api_key',
    name,
    status,
    partial_key_hint: hint,
    created_at: createdAt,
    expires_at: expiresAt,
    created_by: createdBy === null ? null : { id: createdBy, type: 'user' },
    principal: null,
    scope: workspaceId === null ? { type: 'organization' } : { type: 'workspace', workspace_id: workspaceId },
  };
}

const ok = (body: unknown): RawAnswer => ({ status: 200, body, headers: { 'content-type': 'application/json' } });
const invalid = (message: string): RawAnswer => apiError(400, 'invalid_request_error', message);
