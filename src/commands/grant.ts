import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import type { Grant } from '../grants/grant.ts';
import { addGrant, checkGrantLabel, findGrant, newGrant, revokeGrant } from '../grants/granting.ts';
import { parseRights } from '../grants/options.ts';
import { type GrantStore, openGrants } from '../grants/store.ts';
import { hashOf, makeToken } from '../grants/token.ts';
import { type GrantView, toView } from '../grants/view.ts';
import { timeAgo } from '../keys/dates.ts';
import { resolveKey } from '../keys/resolve.ts';
import { openLimits } from '../limits/open.ts';
import { redisAddress } from '../redis/address.ts';
import { grantTable, rightsOf } from '../terminal/grant-table.ts';
import { paintFor } from '../terminal/paint.ts';
import type { InputOf } from './table.ts';

type Options = InputOf<'grant'>['options'];
type Action = (ctx: Context, store: GrantStore, name: string | undefined, options: Options) => Promise<void>;

export async function run(ctx: Context, { args, options }: InputOf<'grant'>): Promise<ExitCode> {
  const [action = '', name] = args;
  const store = await openGrants(ctx, redisAddress(ctx, options.redis));
  try {
    await ACTIONS[action as keyof typeof ACTIONS](ctx, store, name, options);
  } finally {
    await store.close();
  }
  return EXIT.ok;
}

const ACTIONS = { create, list, show, revoke } satisfies Record<string, Action>;

async function create(ctx: Context, store: GrantStore, more: string | undefined, options: Options): Promise<void> {
  if (more !== undefined) throw usage('grant create takes no name behind it', 'give it with --label');
  if (options.label === undefined)
    throw usage('a grant needs a label', 'for example: claude-keys grant create --label ci');
  const label = checkGrantLabel(options.label);
  const rights = parseRights(ctx, options);
  const { entry } = resolveKey(ctx, options.key);
  if (entry.kind === 'admin') {
    throw usage(`${entry.name} is an admin key, which no program sends messages with`, 'give an API key with --key');
  }
  const token = makeToken();
  const grant = newGrant(ctx, label, entry.name, hashOf(token.reveal()), rights);
  await audit(ctx, { key: entry.name, fingerprint: entry.current.fingerprint, grant: label, detail: 'create' });
  await addGrant(ctx, store, grant);
  const view = await toView(grant, ctx.now(), null);
  if (ctx.ui.json) return ctx.ui.document({ grant: view, token: token.reveal() });
  ctx.ui.data(`${token.reveal()}\n`);
  ctx.ui.done(`This is the token of the grant ${label}, for ${entry.name}; it is shown this once.`);
  ctx.ui.done(`It allows: ${rightsOf(view).join(', ')}; it ends ${endOf(view, ctx.now())}.`);
  ctx.ui.done('Use it through the gateway (claude-keys gateway):');
  ctx.ui.done('  ANTHROPIC_BASE_URL=http://127.0.0.1:8317 ANTHROPIC_API_KEY=THE-TOKEN COMMAND');
}

async function list(ctx: Context, store: GrantStore, more: string | undefined, options: Options): Promise<void> {
  if (more !== undefined)
    throw usage('grant list takes no name', `see one: claude-keys grant show ${more.slice(0, 64)}`);
  const all = await store.list();
  const grants = await viewsOf(ctx, options.all ? all : all.filter(({ revokedAt }) => revokedAt === null), options);
  if (ctx.ui.json) return ctx.ui.document({ grants });
  if (grants.length === 0)
    return ctx.ui.data('There are no grants. Make one with:\n\n  claude-keys grant create --label ci\n');
  const ends = grants.map((grant) => endOf(grant, ctx.now()));
  ctx.ui.data(await grantTable(grants, ends, await paintFor(ctx.ui.colorOut)));
}

async function show(ctx: Context, store: GrantStore, name: string | undefined, options: Options): Promise<void> {
  const [grant] = await viewsOf(ctx, [findGrant(await store.list(), named('show', name))], options);
  if (grant === undefined) return;
  if (ctx.ui.json) return ctx.ui.document({ grant });
  const { label, id, key, status, createdAt } = grant;
  const lines = [
    `${label} (${id}), ${status}`,
    `for     ${key}`,
    `since   ${createdAt}`,
    `ends    ${endOf(grant, ctx.now())}`,
    ...rightsOf(grant).map((right, at) => `${at === 0 ? 'allows' : '      '}  ${right}`),
  ];
  ctx.ui.data(`${lines.join('\n')}\n`);
}

async function revoke(ctx: Context, store: GrantStore, name: string | undefined): Promise<void> {
  const { key, label: wanted } = findGrant(await store.list(), named('revoke', name));
  await audit(ctx, { key, grant: wanted, detail: 'revoke' });
  const { grant, before } = await revokeGrant(ctx, store, named('revoke', name));
  if (ctx.ui.json) return ctx.ui.document({ grant: await toView(grant, ctx.now(), null) });
  const { label } = grant;
  ctx.ui.done(
    before ? `${label} was revoked before.` : `${label} is revoked: every gateway refuses it within a second.`,
  );
}

/** The counters are opened only where there is something to look up. */
async function viewsOf(ctx: Context, grants: readonly Grant[], { redis }: Options): Promise<GrantView[]> {
  const limited = grants.some(({ rpm, tokensPerDay, budget }) => rpm ?? tokensPerDay ?? budget);
  const limits = limited ? await openLimits(ctx, redisAddress(ctx, redis)) : null;
  try {
    return await Promise.all(grants.map((grant) => toView(grant, ctx.now(), limits?.limiter ?? null)));
  } finally {
    await limits?.close();
  }
}

function endOf({ status, expiresAt, revokedAt }: GrantView, now: Date): string {
  if (status === 'revoked') return `was revoked ${timeAgo(revokedAt ?? '', now)}`;
  return expiresAt === null ? 'never' : timeAgo(expiresAt, now);
}

function named(action: string, name: string | undefined): string {
  if (name !== undefined) return name;
  throw usage(`grant ${action} needs the label of a grant`, 'see them: claude-keys grant list');
}

function usage(message: string, hint: string): UserError {
  return new UserError('usage', message, { hint });
}
