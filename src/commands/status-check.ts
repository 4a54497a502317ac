import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { violationsOf } from '../keys/policies.ts';
import type { Registry } from '../keys/registry.ts';
import type { Warning, WarningCode } from '../keys/warnings.ts';

/** A rule that is not kept: of a policy, or one that a key's own dates set. */
export interface BrokenRule {
  readonly code: string;
  readonly key: string;
  readonly message: string;
  readonly hint: string;
}

/** Warnings that say that a key's own dates, or the key itself, are past. */
const OWN_RULES: readonly WarningCode[] = ['expired', 'last_check_failed', 'rotation_overdue'];

/** What `status --check` exits 1 for, among these keys. */
export function brokenRules(
  ctx: Context,
  registry: Registry,
  keys: readonly KeyEntry[],
  warnings: readonly Warning[],
): BrokenRule[] {
  const names = new Set(keys.map(({ name }) => name));
  const own = warnings
    .filter(({ code }) => OWN_RULES.includes(code))
    .flatMap(({ code, key, message, hint = '' }) => (key === undefined ? [] : [{ code, key, message, hint }]));
  const policies = violationsOf(registry, readConfig(ctx).policies ?? {}, ctx.now());
  return [...own, ...policies.filter(({ key }) => names.has(key))];
}
