import type { Admin } from '../../anthropic/admin/admin.ts';
import { type Names, workspaceNames } from '../../anthropic/admin/directory.ts';
import {
  type RateLimit,
  rateLimits,
  type SpendLimit,
  setWorkspaceSpendLimit,
  spendLimits,
  workspaceRateLimits,
} from '../../anthropic/admin/limits.ts';
import { toDollars } from '../../anthropic/prices.ts';
import { audit } from '../../audit/index.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode, UserError } from '../../errors.ts';
import { statusOf } from '../../grants/grant.ts';
import { openGrants } from '../../grants/store.ts';
import { type GrantView, toView } from '../../grants/view.ts';
import { openAdmin } from '../../keys/admin-key.ts';
import { parseBudget } from '../../keys/budget.ts';
import { readRegistry } from '../../keys/registry.ts';
import { redisAddress } from '../../redis/address.ts';
import { confirmed } from '../../terminal/ask.ts';
import { type Cell, cell } from '../../terminal/columns.ts';
import { rightsOf } from '../../terminal/grant-table.ts';
import { printable } from '../../terminal/plain.ts';
import { progress } from '../../terminal/progress.ts';
import { printTable } from '../../terminal/table.ts';
import { counted, dollars } from '../../usage/words.ts';
import type { ConsoleOptions } from './index.ts';

/** The limits of one place: the organization itself, or a workspace. */
interface Place {
  readonly workspaceId: string | null;
  readonly workspace: string | null;
  readonly spend: readonly SpendLimit[];
  readonly rates: readonly RateLimit[];
}

/** Workspaces are asked for their own limits so many at a time. */
const SIDE_BY_SIDE = 8;

/** Shows what the organization allows its workspaces, and beside it what the grants here allow. */
export async function showLimits(ctx: Context, options: ConsoleOptions): Promise<ExitCode> {
  const admin = await openAdmin(ctx, readRegistry(ctx), { name: options['admin-key'] });
  const line = progress(ctx, 'asking the Console for its limits');
  const places = await placesOf(admin).finally(() => line.stop());
  const grants = await grantsOf(ctx);
  if (ctx.ui.json) ctx.ui.document({ limits: places.map(toDocument), grants });
  else await show(ctx, places, grants);
  return EXIT.ok;
}

/** Sets what a workspace may cost in a month, after a yes. */
export async function setLimit(
  ctx: Context,
  workspace: string,
  amount: string,
  options: ConsoleOptions,
): Promise<ExitCode> {
  const { nanos, per } = parseBudget(amount);
  if (per !== 'month' || nanos % 10_000_000 !== 0) {
    throw new UserError('usage', 'a workspace has a limit by month, in whole cents', {
      hint: `claude-keys console limits ${workspace} 500/month`,
    });
  }
  const admin = await openAdmin(ctx, readRegistry(ctx), { name: options['admin-key'] });
  const [id, name] = idOf(await workspaceNames(admin), workspace);
  await confirmed(ctx, options.yes, `Let the workspace ${printable(name)} cost at most ${dollars(nanos)} a month?`);
  await audit(ctx, { detail: `the spend limit of ${id} to ${toDollars(nanos)}/month` });
  const spend = await setWorkspaceSpendLimit(admin, id, nanos);
  if (ctx.ui.json) ctx.ui.document({ workspaceId: id, workspace: name, spend: [spendDocument(spend)] });
  ctx.ui.done(
    `the workspace ${printable(name)} may cost ${spend.nanos === null ? 'anything' : dollars(spend.nanos)} a month`,
  );
  return EXIT.ok;
}

async function placesOf(admin: Admin): Promise<Place[]> {
  const [names, spend, rates] = await Promise.all([workspaceNames(admin), spendLimits(admin), rateLimits(admin)]);
  const of = (id: string | null) => spend.filter(({ workspaceId }) => workspaceId === id);
  const places: Place[] = [{ workspaceId: null, workspace: null, spend: of(null), rates }];
  const ids = [...names.keys()];
  while (ids.length > 0) {
    const batch = ids.splice(0, SIDE_BY_SIDE);
    const own = await Promise.all(batch.map((id) => workspaceRateLimits(admin, id)));
    batch.forEach((id, at) => {
      places.push({ workspaceId: id, workspace: names.get(id) ?? id, spend: of(id), rates: own[at] ?? [] });
    });
  }
  return places;
}

/** Those that are in force. */
async function grantsOf(ctx: Context): Promise<GrantView[]> {
  const store = await openGrants(ctx, redisAddress(ctx, undefined));
  try {
    const grants = (await store.list()).filter((grant) => statusOf(grant, ctx.now()) === 'active');
    return await Promise.all(grants.map((grant) => toView(grant, ctx.now(), null)));
  } finally {
    await store.close();
  }
}

function idOf(names: Names, given: string): [id: string, name: string] {
  const found = [...names].filter(([id, name]) => id === given || name === given);
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  throw new UserError(
    'usage',
    only === undefined ? 'there is no such workspace' : 'several workspaces have that name',
    {
      hint: `there are: ${[...names]
        .slice(0, 20)
        .map(([id, name]) => `${printable(name)} (${id})`)
        .join(', ')}`,
    },
  );
}

function toDocument({ workspaceId, workspace, spend, rates }: Place) {
  return { workspaceId, workspace, spend: spend.map(spendDocument), rates };
}

function spendDocument({ nanos, period, enabled }: SpendLimit) {
  return { usd: nanos === null ? null : toDollars(nanos), period, enabled };
}

const PERIOD_WORDS = { daily: 'a day', weekly: 'a week', monthly: 'a month' } as const;

async function show(ctx: Context, places: readonly Place[], grants: readonly GrantView[]): Promise<void> {
  const rows = places.flatMap((place): Cell[][] => {
    const where = cell(place.workspace === null ? 'organization' : printable(place.workspace), 'strong');
    const limits = [...place.spend.map(spendCells), ...place.rates.map(rateCells)];
    const none = place.workspaceId === null ? 'no limit is known' : 'as the organization';
    return (limits.length > 0 ? limits : [[cell('-'), cell(none, 'faint')]]).map((cells) => [where, ...cells]);
  });
  const granted = grants.map((grant) => [
    cell(grant.label, 'strong'),
    cell(`grant for ${grant.key}`),
    cell(printable(rightsOf(grant).join(', '))),
  ]);
  await printTable(ctx, ['WHERE', 'WHAT', 'LIMIT'], [...rows, ...granted]);
}

function spendCells({ nanos, period, enabled }: SpendLimit): Cell[] {
  const text = nanos === null ? 'no limit' : `${dollars(nanos)} ${PERIOD_WORDS[period]}`;
  return [cell('spend'), cell(enabled ? text : `${text}, switched off`, enabled ? 'plain' : 'faint')];
}

function rateCells({ group, type, value }: RateLimit): Cell[] {
  return [cell(printable(group)), cell(`${counted(value)} ${printable(type.replaceAll('_', ' '))}`)];
}
