import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { NAME } from '../keys/name.ts';
import { type Grant, statusOf } from './grant.ts';
import type { Rights } from './options.ts';
import type { GrantStore } from './store.ts';
import { makeGrantId, refuseToken } from './token.ts';

/** A revoked grant is remembered for so long, so that who looks for it finds it. */
const REMEMBERED_MS = 90 * 24 * 3_600_000;

/** @throws {UserError} `bad_name` for what is no label, `secret_as_argument` for a token. */
export function checkGrantLabel(label: string): string {
  refuseToken(label);
  if (NAME.test(label)) return label;
  throw new UserError('bad_name', `${JSON.stringify(label.slice(0, 80))} is not a label`, {
    hint: 'a label has 1 to 64 letters, digits, dots, dashes or underscores and begins with a letter or digit',
  });
}

/** A grant that is not stored anywhere yet. */
/** @param hash of its token */
export function newGrant(ctx: Context, label: string, key: string, hash: string, rights: Rights): Grant {
  return {
    id: makeGrantId(),
    label,
    key,
    hash,
    createdAt: ctx.now().toISOString(),
    revokedAt: null,
    ...rights,
  };
}

/** @throws {UserError} `grant_exists` when the label is that of a grant that is not revoked. */
export function addGrant(ctx: Context, store: GrantStore, grant: Grant): Promise<void> {
  return store.change((grants) => {
    if (grants.some(({ label, revokedAt }) => label === grant.label && revokedAt === null)) {
      throw new UserError('grant_exists', `there already is a grant with the label ${grant.label}`, {
        hint: `choose another label, or end that one: claude-keys grant revoke ${grant.label}`,
      });
    }
    return { grants: [...grants.filter(isRemembered(ctx)), grant], result: undefined };
  });
}

/**
 * Ends a grant. One that was ended before stays as it was.
 * @param name its label or its id
 */
export function revokeGrant(ctx: Context, store: GrantStore, name: string): Promise<{ grant: Grant; before: boolean }> {
  return store.change((grants) => {
    const found = findGrant(grants, name);
    const grant = { ...found, revokedAt: found.revokedAt ?? ctx.now().toISOString() };
    const others = grants.filter(({ id }) => id !== found.id);
    return { grants: [...others, grant].sort(byAge), result: { grant, before: found.revokedAt !== null } };
  });
}

/**
 * The grant with this label or id; one that is not revoked before one that is.
 * @throws {UserError} `grant_not_found` with the labels there are.
 */
export function findGrant(grants: readonly Grant[], name: string): Grant {
  refuseToken(name);
  const found = grants.filter(({ label, id }) => label === name || id === name);
  const grant = found.find(({ revokedAt }) => revokedAt === null) ?? found.at(-1);
  if (grant !== undefined) return grant;
  const labels = grants.filter(({ revokedAt }) => revokedAt === null).map(({ label }) => label);
  throw new UserError('grant_not_found', `there is no grant ${JSON.stringify(name.slice(0, 80))}`, {
    hint:
      labels.length === 0
        ? 'make one: claude-keys grant create --label ci'
        : `there are: ${labels.slice(0, 20).join(', ')}`,
  });
}

/**
 * A grant that may be used now.
 * @throws {UserError} `grant_not_found`, also for one that has ended.
 */
export function usableGrant(ctx: Context, grants: readonly Grant[], name: string): Grant {
  const grant = findGrant(grants, name);
  const status = statusOf(grant, ctx.now());
  if (status === 'active') return grant;
  throw new UserError('grant_not_found', `the grant ${grant.label} is ${status}`, {
    hint: 'make another one: claude-keys grant create',
  });
}

/** After a key got another name: its grants go on with it. */
export async function renameInGrants(store: GrantStore, from: string, to: string): Promise<void> {
  if (!(await store.list()).some(({ key }) => key === from)) return;
  await store.change((grants) => ({
    grants: grants.map((grant) => (grant.key === from ? { ...grant, key: to } : grant)),
    result: undefined,
  }));
}

function isRemembered(ctx: Context): (grant: Grant) => boolean {
  const now = ctx.now().getTime();
  return ({ revokedAt }) => revokedAt === null || now - Date.parse(revokedAt) < REMEMBERED_MS;
}

function byAge(a: Grant, b: Grant): number {
  return a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0;
}
