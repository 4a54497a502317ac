import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { ENDPOINTS, type Grant } from '../grants/grant.ts';
import { newGrant, usableGrant } from '../grants/granting.ts';
import { bearerOf } from '../grants/rights.ts';
import { openGrants } from '../grants/store.ts';
import { hashOf, makeToken } from '../grants/token.ts';
import { resolveKey } from '../keys/resolve.ts';
import type { Secret } from '../keys/secret.ts';
import { startGateway } from './gateway.ts';

/** A gateway for one child, and the token for it, which ends with the gateway. */
export interface PrivateGateway {
  readonly address: string;
  readonly token: Secret;
  /** The name of the key that it stands for. */
  readonly key: string;
  close(): Promise<void>;
}

/** What the child may do when nothing else is said: what it could with the key, by the calls that the gateway knows. */
const EVERYTHING = {
  models: null,
  maxTokens: null,
  rpm: null,
  tokensPerDay: null,
  budget: null,
  expiresAt: null,
  endpoints: [...ENDPOINTS],
  cidr: null,
};

/**
 * Starts a gateway for one child at a free port of this machine.
 * @throws {UserError} `key_not_found`, `grant_not_found`, `usage` when the grant is for another key than the one named.
 */
export async function startPrivateGateway(
  ctx: Context,
  { name, grant, redis }: { name: string | undefined; grant: string | undefined; redis: string | undefined },
): Promise<PrivateGateway> {
  const token = makeToken();
  const hash = hashOf(token.reveal());
  const found = grant === undefined ? shieldGrant(ctx, name, hash) : await storedGrant(ctx, name, grant, redis);
  const { address, close } = await startGateway(ctx, {
    place: { kind: 'tcp', host: '127.0.0.1', port: 0, tls: null },
    redis,
    own: { hash, grant: grant === undefined ? bearerOf(found) : found.id },
    strangers: false,
  });
  return { address, token, key: found.key, close };
}

function shieldGrant(ctx: Context, name: string | undefined, hash: string): Grant {
  const { entry } = resolveKey(ctx, name);
  if (entry.kind === 'admin') {
    throw new UserError('usage', `${entry.name} is an admin key, which the gateway does not stand for`, {
      hint: 'name an API key',
    });
  }
  return newGrant(ctx, 'exec-shield', entry.name, hash, EVERYTHING);
}

async function storedGrant(
  ctx: Context,
  name: string | undefined,
  label: string,
  redis: string | undefined,
): Promise<Grant> {
  const store = await openGrants(ctx, redis);
  try {
    const grant = usableGrant(ctx, await store.list(), label);
    if (name === undefined || name === grant.key) return grant;
    throw new UserError('usage', `the grant ${grant.label} is for the key ${grant.key}, not for ${name}`, {
      hint: `leave the name out: claude-keys exec --grant ${grant.label} -- COMMAND`,
    });
  } finally {
    await store.close();
  }
}
