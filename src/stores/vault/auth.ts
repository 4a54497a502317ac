import { join } from 'node:path';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { readIfThere } from '../../files/replace.ts';
import { sealed } from './failures.ts';
import { type Send, variable } from './http.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/**
 * The token to ask with, from where users of Vault have it: `VAULT_TOKEN`; AppRole (`VAULT_ROLE_ID` with
 * `VAULT_SECRET_ID` or `VAULT_SECRET_ID_FILE`); a JWT (`VAULT_ROLE` with `VAULT_JWT` or `VAULT_JWT_FILE`), which in
 * Kubernetes is the service account's; `~/.vault-token`. `VAULT_AUTH_MOUNT` says where the login is mounted.
 * @throws {UserError} `store_unavailable` when there is nothing to log in with, or the login is refused.
 */
export async function tokenFor(ctx: Context, send: Send): Promise<string> {
  const given = variable(ctx.env, 'TOKEN');
  if (given !== undefined) return given.trim();
  const login = loginOf(ctx);
  if (login !== null) return logIn(send, login);
  const file = readIfThere(join(ctx.home, '.vault-token'))?.toString('utf8').trim();
  if (file) return file;
  throw new UserError('store_unavailable', 'there is no token for Vault', {
    hint: 'vault login, or set VAULT_TOKEN, or VAULT_ROLE_ID and VAULT_SECRET_ID',
  });
}

interface Login {
  readonly method: 'AppRole' | 'JWT' | 'Kubernetes';
  readonly mount: string;
  readonly body: Readonly<Record<string, string>>;
}

function loginOf(ctx: Context): Login | null {
  const mount = (usual: string) => variable(ctx.env, 'AUTH_MOUNT')?.replace(/^auth\/|\/$/g, '') ?? usual;
  const roleId = variable(ctx.env, 'ROLE_ID');
  if (roleId !== undefined) {
    const secretId = variable(ctx.env, 'SECRET_ID') ?? fileAt(variable(ctx.env, 'SECRET_ID_FILE'));
    const body = { role_id: roleId, ...(secretId && { secret_id: secretId }) };
    return { method: 'AppRole', mount: mount('approle'), body };
  }
  const role = variable(ctx.env, 'ROLE');
  if (role === undefined) return null;
  const jwt = variable(ctx.env, 'JWT') ?? fileAt(variable(ctx.env, 'JWT_FILE'));
  if (jwt) return { method: 'JWT', mount: mount('jwt'), body: { role, jwt } };
  const account = fileAt(SERVICE_ACCOUNT);
  return account ? { method: 'Kubernetes', mount: mount('kubernetes'), body: { role, jwt: account } } : null;
}

function fileAt(path: string | undefined): string | undefined {
  try {
    return (path && readIfThere(path)?.toString('utf8').trim()) || undefined;
  } catch (cause) {
    throw new UserError('store_unavailable', `${path} cannot be read`, { cause });
  }
}

async function logIn(send: Send, { method, mount, body }: Login): Promise<string> {
  const { status, text } = await send({ method: 'POST', path: `auth/${mount}/login`, body: JSON.stringify(body) });
  const token = status === 200 ? /"client_token"\s*:\s*"([^"]+)"/.exec(text)?.[1] : undefined;
  if (token !== undefined) return token;
  if (/Vault is sealed/i.test(text)) throw sealed(`auth/${mount}`);
  throw new UserError(
    status >= 500 ? 'undecided' : 'store_unavailable',
    `Vault refuses the login with ${method} (auth/${mount}, HTTP ${status})`,
    { hint: 'are the role and its secret right and not expired? is the method mounted there? set VAULT_AUTH_MOUNT' },
  );
}
