import { isNumber, listOf, matching, type Shape } from '../files/shape.ts';
import { duration } from './dates.ts';
import { isThere, type KeyEntry } from './entry.ts';
import { listKeys, type Registry } from './registry.ts';
import { standbyOf } from './view.ts';

/** What is demanded of the keys of one environment. */
export interface Policy {
  /** How old a secret may be, in days. */
  readonly maxAgeDays?: number;
  /** Every key must have an expiry. */
  readonly requireExpiry?: boolean;
  /** How many secrets must be on standby, switched off. */
  readonly minStandby?: number;
  /** Where secrets may be kept: `keychain`, `file`, or the beginning of an address like `vault://`. */
  readonly stores?: readonly string[];
  /** How long ago the last test may be, in days. */
  readonly verifyEveryDays?: number;
}

/** By environment label; `*` is for the keys of every other one, and of none. */
export type Policies = Readonly<Record<string, Policy>>;

const isCount: Shape<number> = (value, path): value is number =>
  isNumber(value, path) && Number.isInteger(value) && value >= 0 && value <= 3650;

const FIELDS: Readonly<Record<keyof Policy, Shape<unknown>>> = {
  maxAgeDays: isCount,
  requireExpiry: (value, _path): value is boolean => typeof value === 'boolean',
  minStandby: isCount,
  stores: listOf(matching(/^[a-z][a-z0-9-]*(:\/\/\S*)?$/)),
  verifyEveryDays: isCount,
};

/** Strict: a field that is mistyped would silently demand nothing. */
export const isPolicies: Shape<Policies> = (value, path): value is Policies =>
  isPlain(value) &&
  Object.values(value).every(
    (policy) =>
      isPlain(policy) &&
      Object.entries(policy).every(
        ([field, demanded]) => Object.hasOwn(FIELDS, field) && FIELDS[field as keyof Policy](demanded, path),
      ),
  );

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function policyFor({ environment }: KeyEntry, policies: Policies): Policy {
  const own = environment !== null && Object.hasOwn(policies, environment) ? policies[environment] : undefined;
  return own ?? (Object.hasOwn(policies, '*') ? policies['*'] : undefined) ?? {};
}

/** Something that a policy demands and a key does not keep. */
export interface Violation {
  readonly code: 'too_old' | 'no_expiry' | 'too_few_standby' | 'store_not_allowed' | 'not_verified';
  readonly key: string;
  readonly environment: string | null;
  readonly message: string;
  readonly hint: string;
}

/** What the keys do not keep, in the order of their names. Reads no store. */
export function violationsOf(registry: Registry, policies: Policies, now: Date): Violation[] {
  return listKeys(registry)
    .filter(isThere)
    .flatMap((entry) => ofKey(entry, policyFor(entry, policies), now));
}

const DAY_MS = 24 * 3_600_000;

function ofKey(entry: KeyEntry, policy: Policy, now: Date): Violation[] {
  const { name: key, environment, current, lastCheck, expiresAt } = entry;
  const { maxAgeDays, requireExpiry, minStandby = 0, stores, verifyEveryDays } = policy;
  const found: Violation[] = [];
  const add = (code: Violation['code'], message: string, hint: string) =>
    found.push({ code, key, environment, message: `${key} ${message}`, hint });
  const age = now.getTime() - Date.parse(current.addedAt);
  if (maxAgeDays !== undefined && !(age <= maxAgeDays * DAY_MS)) {
    add('too_old', `is ${duration(age)} old; the policy allows ${days(maxAgeDays)}`, `claude-keys rotate ${key}`);
  }
  if (requireExpiry && expiresAt === null) {
    add('no_expiry', 'has no expiry', `claude-keys edit ${key} --expires DATE`);
  }
  const { ready } = standbyOf(entry);
  if (entry.kind === 'api' && ready < minStandby) {
    add(
      'too_few_standby',
      `has ${ready} on standby; the policy demands ${minStandby}`,
      `claude-keys standby add ${key}`,
    );
  }
  if (stores !== undefined && !stores.some((allowed) => isIn(entry.store, allowed))) {
    add('store_not_allowed', `is in the store ${entry.store}; allowed: ${stores.join(', ')}`, `claude-keys add ${key}`);
  }
  const tested = lastCheck === null || lastCheck.status === 'unverified' ? Number.NaN : Date.parse(lastCheck.at);
  if (verifyEveryDays !== undefined && !(now.getTime() - tested <= verifyEveryDays * DAY_MS)) {
    add('not_verified', `was not tested within ${days(verifyEveryDays)}`, `claude-keys verify ${key}`);
  }
  return found;
}

function isIn(store: string, allowed: string): boolean {
  return allowed.includes('://') ? store.startsWith(allowed) : store === allowed;
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${count} days`;
}
