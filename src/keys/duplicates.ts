import { UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { holdingsOf } from './holdings.ts';
import type { Registry } from './registry.ts';

/**
 * Makes sure that no key has this secret yet, in any of its slots.
 * @throws {UserError} `duplicate_secret` naming the key that has it.
 */
export function refuseDuplicate(registry: Registry, fingerprint: string, forName: string): void {
  const owner = [...registry.keys.values()].find((entry) => isKnownTo(entry, fingerprint));
  if (owner === undefined || (owner.name === forName && owner.change?.operation === 'add')) return;
  if (owner.name === forName) {
    const which =
      owner.current.fingerprint === fingerprint
        ? 'already has this secret'
        : owner.standby?.some((standby) => standby.fingerprint === fingerprint)
          ? 'has this secret on standby'
          : 'had this secret before';
    throw new UserError('duplicate_secret', `${forName} ${which}`, {
      hint: 'give a new one: platform.claude.com/settings/keys',
    });
  }
  throw new UserError('duplicate_secret', `this secret is already stored, as ${owner.name}`, {
    hint: `use that one, or give it the other name: claude-keys rename ${owner.name} ${forName}`,
  });
}

function isKnownTo(entry: KeyEntry, fingerprint: string): boolean {
  return holdingsOf(entry).some(({ record }) => record.fingerprint === fingerprint);
}
