import { randomBytes } from 'node:crypto';
import { Secret } from '../../src/keys/secret.ts';

/**
 * Secrets of the real form, made at run time so that none stands in the repository. API-FACTS.md: prefix, 93
 * characters of base64url, `AA`.
 */
export function makeKey(prefix = 'sk-ant-api03-'): string {
  const body = randomBytes(70).toString('base64url').slice(0, 93);
  return `${prefix}${body}AA`;
}

export const makeAdminKey = (): string => makeKey('sk-ant-admin01-');
export const makeOauthToken = (): string => makeKey('sk-ant-oat01-');
export const makeSecret = (): Secret => new Secret(makeKey());
