/**
 * What is known of the service, in one place (API-FACTS.md, and the SDK's sources where they are named). Nothing else
 * in the program spells out a host, a model or a version of the API.
 */

export const SERVICE_URL = 'https://api.anthropic.com';

/** The version of the API that the SDK speaks (`client.ts`, `buildHeaders`). */
export const API_VERSION = '2026-10-21';

/** What a Bearer token of OAuth needs beside it; the SDK sends it only for tokens it fetched itself (`lib/credentials/types.ts`). */
export const OAUTH_BETA = 'oauth-2025-04-20';

/** The betas that the SDK's own calls of the Admin API name (`resources/beta/organization`). */
export const ADMIN_BETAS: readonly string[] = ['analytics-usage-cost-2026-08-24', 'spend-limit-reads-2026-09-26'];

/** A call with one output token costs about a millionth of a dollar. */
export const CHEAPEST_MODEL = 'claude-haiku-5-5';

/** Models that ended or have a day on which they end. */
const LAST_DAY: Readonly<Record<string, string>> = {
  'claude-sonnet-4-5': '2026-11-30',
  'claude-sonnet-4-5-20250929': '2026-11-30',
  'claude-3-opus-20240229': '2026-01-05',
};

/** The day (ISO 8601) on which a model ends or ended; null when none is known. */
export function lastDayOf(model: string): string | null {
  return Object.hasOwn(LAST_DAY, model) ? (LAST_DAY[model] ?? null) : null;
}

/** Pages of the Console, for messages. */
export const CONSOLE = {
  keys: 'platform.claude.com/settings/keys',
  adminKeys: 'platform.claude.com/settings/admin-keys',
  billing: 'platform.claude.com/settings/billing',
  limits: 'platform.claude.com/settings/limits',
} as const;
