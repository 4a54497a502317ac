import type { GrantView } from '../grants/view.ts';
import { aligned, type Cell, cell } from './columns.ts';
import type { Paint, Tone } from './paint.ts';
import { rulerFor } from './width.ts';

const TONES: Readonly<Record<GrantView['status'], Tone>> = { active: 'good', expired: 'warn', revoked: 'faint' };

/** @param ends when each of them ends, in words */
export async function grantTable(grants: readonly GrantView[], ends: readonly string[], paint: Paint): Promise<string> {
  const head = ['LABEL', 'KEY', 'STATUS', 'ENDS', 'ALLOWS'].map((word) => cell(word, 'faint'));
  const rows = grants.map((grant, at) => [
    cell(grant.label, 'strong'),
    cell(grant.key),
    cell(grant.status, TONES[grant.status]),
    cell(ends[at] ?? ''),
    cell(rightsOf(grant).join(', '), 'faint'),
  ]);
  const lines: Cell[][] = [head, ...rows];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at]?.text.length ?? 0)));
  const ruler = await rulerFor([]);
  return `${lines.map((line) => aligned(line, widths, ruler, paint)).join('\n')}\n`;
}

/** What a grant allows, each thing in a few words. */
export function rightsOf(grant: GrantView): string[] {
  const { models, maxTokens, rpm, tokensPerDay, budget, endpoints, cidr, used } = grant;
  const of = (most: string, amount: number | null) => (amount ? `${most} (${amount} used)` : most);
  return [
    models === null ? 'every model' : models.join(' '),
    ...(budget === null ? [] : [of(`$${budget.usd}/${budget.per}`, used.usd === null ? null : round(used.usd))]),
    ...(tokensPerDay === null ? [] : [of(`${tokensPerDay} tokens/day`, used.tokens)]),
    ...(rpm === null ? [] : [of(`${rpm} requests/minute`, used.requests)]),
    ...(maxTokens === null ? [] : [`max_tokens ${maxTokens}`]),
    ...(cidr === null ? [] : [`from ${cidr.join(' ')}`]),
    endpoints.join(' '),
  ];
}

function round(usd: number): number {
  return Math.ceil(usd * 10_000) / 10_000;
}
