import { UserError } from '../../errors.ts';
import type { Address } from '../address.ts';
import { networkProblem, refusedAccess, unreachable } from '../managed/problems.ts';
import type { VaultAnswer, VaultCall } from './http.ts';

interface Asked {
  /** What the policy must allow, and on which path. */
  readonly capability: string;
  readonly path: string;
  readonly call: (request: Omit<VaultCall, 'token'>) => Promise<VaultAnswer>;
}

/** What Vault answered, for a person. Its own words are looked at and not shown: they may repeat what was sent. */
export async function inWords(answer: VaultAnswer, { uri }: Address, asked: Asked): Promise<UserError> {
  const { status, text } = answer;
  if (status === 403) return denied(uri, asked);
  if (status === 503 || /Vault is sealed/i.test(text)) {
    return sealed(uri);
  }
  if (status === 404) {
    return refusedAccess(uri, 'there is no such secret engine', 'is the mount right? vault secrets list', undefined);
  }
  if (status === 429) return unreachable(uri, 'Vault answers fewer requests than are sent (HTTP 429)', undefined);
  if (status === 413 || /too large/i.test(text)) {
    return new UserError('write_failed', `${uri}: that is more than Vault takes for one secret`);
  }
  if (status >= 500) return unreachable(uri, `Vault answered HTTP ${status}`, undefined);
  if (status >= 400) {
    return refusedAccess(uri, `Vault refuses it (HTTP ${status})`, 'is the mount a key/value engine?', undefined);
  }
  return unreachable(uri, `what answers is no Vault (HTTP ${status})`, undefined, 'is VAULT_ADDR right?');
}

export function sealed(where: string): UserError {
  return refusedAccess(where, 'Vault is sealed', 'it must be unsealed: vault operator unseal', undefined);
}

/** Vault says "permission denied" of an expired token too; whether the token is alive, it can be asked itself. */
async function denied(uri: string, { capability, path, call }: Asked): Promise<UserError> {
  const self = await call({ method: 'GET', path: 'auth/token/lookup-self' }).catch(() => null);
  if (self !== null && self.status === 403 && !/1 error occurred/.test(self.text)) {
    return refusedAccess(
      uri,
      'the token for Vault is not valid or has expired',
      'log in again: vault login',
      undefined,
    );
  }
  const hint = `its policy must say: path "${decodeURIComponent(path)}" { capabilities = ["${capability}"] }`;
  return refusedAccess(uri, `no permission: ${capability} on ${decodeURIComponent(path)} is missing`, hint, undefined);
}

/** What the way to Vault refused. */
export function onTheWay(error: unknown, { uri }: Address): UserError {
  if (error instanceof UserError) return error;
  const problem = networkProblem(error);
  const hint = /certificate/.test(problem ?? '')
    ? 'name the certificate of its authority: export VAULT_CACERT=ca.pem'
    : 'is VAULT_ADDR right, and the network there?';
  return unreachable(uri, problem ?? 'the connection failed', error, hint);
}
