import type { Environment } from '../context.ts';
import { CREDENTIAL_VARIABLES } from '../keys/kind.ts';

/** What opens our own stores: no business of a child. */
const OWN_VARIABLES = ['CLAUDE_KEYS_PASSPHRASE', 'CLAUDE_KEYS_PASSPHRASE_FILE'];

/** A header line that is a credential, in `ANTHROPIC_CUSTOM_HEADERS`. */
const CREDENTIAL_HEADER = /^\s*(?:proxy-)?(?:authorization|x-api-key)\s*:/im;

/** An environment without any credential, and the names of what was taken out of it. */
export function withoutCredentials(ours: Environment): { env: Record<string, string>; removed: string[] } {
  const unwanted = new Set<string>([...CREDENTIAL_VARIABLES, ...OWN_VARIABLES]);
  const env: Record<string, string> = {};
  const removed: string[] = [];
  for (const [name, value] of Object.entries(ours)) {
    if (value === undefined) continue;
    // Windows finds a variable in any case, and elsewhere none of these has a twin in lower case.
    const word = name.toUpperCase();
    const carriesHeader = word === 'ANTHROPIC_CUSTOM_HEADERS' && CREDENTIAL_HEADER.test(value);
    if (unwanted.has(word) || carriesHeader) removed.push(name);
    else env[name] = value;
  }
  return { env, removed };
}

/** The environment of the child: ours, with these variables and without every other credential. */
export function environmentWith(
  ours: Environment,
  values: Readonly<Record<string, string>>,
): { env: Record<string, string>; removed: string[] } {
  const { env, removed } = withoutCredentials(ours);
  return { env: { ...env, ...values }, removed: removed.filter((name) => !Object.hasOwn(values, name)) };
}

/** The environment of a child that speaks to a gateway on this machine instead of the service. */
export function shieldedEnvironment(
  ours: Environment,
  address: string,
  token: string,
): { env: Record<string, string>; removed: string[] } {
  const { env, removed } = environmentWith(ours, { ANTHROPIC_API_KEY: token });
  return { env: { ...env, ANTHROPIC_BASE_URL: address, ...withoutProxy(env) }, removed };
}

/** A proxy would be asked for this machine too, unless it is told not to be. */
function withoutProxy(env: Readonly<Record<string, string>>): Record<string, string> {
  const names = Object.keys(env).map((name) => name.toUpperCase());
  if (!['HTTP_PROXY', 'ALL_PROXY'].some((name) => names.includes(name))) return {};
  const spared = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').filter((host) => host.trim() !== '');
  const value = [...new Set([...spared, '127.0.0.1', 'localhost'])].join(',');
  return { NO_PROXY: value, no_proxy: value };
}
