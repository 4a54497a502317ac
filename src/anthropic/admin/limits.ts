import { holdsSecret } from '../../keys/name.ts';
import type { Call } from '../client.ts';
import { NANOS_PER_DOLLAR, type Nanos } from '../prices.ts';
import type { Admin } from './admin.ts';
import { nanosOfCents } from './analytics.ts';

/** A limit of requests or tokens, of the organization or of a workspace that has its own. */
export interface RateLimit {
  /** What it is for: the name of a family of models, `batch`, `files`, … */
  readonly group: string;
  /** `requests_per_minute`, `input_tokens_per_minute_cache_aware`, … */
  readonly type: string;
  readonly value: number;
}

/** A limit of money, of the organization or of a workspace. */
export interface SpendLimit {
  readonly workspaceId: string | null;
  /** Null for one that is set to no limit. */
  readonly nanos: Nanos | null;
  readonly period: 'daily' | 'weekly' | 'monthly';
  readonly enabled: boolean;
}

type Body = Readonly<Record<string, unknown>>;

const PAGE = 100;
const PERIODS = ['daily', 'weekly', 'monthly'] as const;
const PER_CENT = NANOS_PER_DOLLAR / 100;

/** @throws {UserError} as `Admin.ask` does, like everything here. */
export function rateLimits(admin: Admin): Promise<RateLimit[]> {
  return pages(
    admin,
    'the rate limits of the organization',
    (page) => (client, signal) => client.organization.rateLimits.list({ limit: PAGE, ...page }, { signal }),
    readRateLimits,
  );
}

/** The limits in which a workspace differs from its organization. */
export function workspaceRateLimits(admin: Admin, workspaceId: string): Promise<RateLimit[]> {
  return pages(
    admin,
    `the rate limits of ${workspaceId}`,
    (page) => (client, signal) =>
      client.organization.workspaces.rateLimits.list(workspaceId, { limit: PAGE, ...page }, { signal }),
    readRateLimits,
  );
}

/** The spend limits of the organization and its workspaces; those of single members are no business of keys. */
export function spendLimits(admin: Admin): Promise<SpendLimit[]> {
  return pages(
    admin,
    'the spend limits of the organization',
    (page) => (client, signal) =>
      client.beta.organization.spendLimits.list(
        { limit: PAGE, scope_type: ['organization', 'workspace'], ...page },
        { signal },
      ),
    (item) => {
      const limit = readSpendLimit(item);
      return limit === null ? null : [limit];
    },
  );
}

/**
 * What a workspace may cost in a month.
 * @param nanos whole cents
 * @throws {UserError} `console_refused` where the service does not let this organization set it.
 */
export function setWorkspaceSpendLimit(admin: Admin, workspaceId: string, nanos: Nanos): Promise<SpendLimit> {
  return admin.ask({
    about: `setting the spend limit of ${workspaceId}`,
    call: (client, signal) =>
      client.beta.organization.spendLimits.set(
        {
          amount: String(Math.round(nanos / PER_CENT)),
          scope: { type: 'workspace', workspace_id: workspaceId },
          period: 'monthly',
        },
        { signal },
      ),
    read: readSpendLimit,
  });
}

/** Page after page; an item may be several of ours, and null is none that this call gives. */
async function pages<T>(
  admin: Admin,
  about: string,
  list: (page: { readonly page?: string }) => Call,
  read: (item: Body) => T[] | null,
): Promise<T[]> {
  const found: T[] = [];
  for (let page: string | null | undefined; page !== null; ) {
    const answer = await admin.ask({
      about,
      call: list(page === undefined ? {} : { page }),
      read: ({ data, next_page: next }) => {
        const items = Array.isArray(data) ? data.map((item) => read(Object(item))) : [null];
        return items.includes(null)
          ? null
          : { items: items.flat() as T[], next: typeof next === 'string' ? next : null };
      },
    });
    found.push(...answer.items);
    page = answer.next === page ? null : answer.next;
  }
  return found;
}

function readRateLimits({ group, limits }: Body): RateLimit[] | null {
  const { type, id, display_name: name } = Object(group) as Body;
  if (typeof type !== 'string' || !Array.isArray(limits)) return null;
  const label = [type === 'model_group' ? (name ?? id) : type].find(isPlain) ?? type;
  return limits.flatMap((limit) => {
    const { type: kind, value } = Object(limit) as Body;
    return isPlain(kind) && typeof value === 'number' ? [{ group: label, type: kind, value }] : [];
  });
}

function readSpendLimit({ amount, currency, is_enabled: enabled, period, scope }: Body): SpendLimit | null {
  const { type, workspace_id: workspaceId } = Object(scope) as Body;
  const known = PERIODS.find((each) => each === period);
  const nanos = amount === null ? null : nanosOfCents(amount);
  if (known === undefined || (nanos === null && amount !== null) || typeof type !== 'string') return null;
  if (currency !== 'USD') return null;
  return { workspaceId: isPlain(workspaceId) ? workspaceId : null, nanos, period: known, enabled: enabled !== false };
}

function isPlain(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 200 && !holdsSecret(value);
}
