import type { KeyEntry, KeyKind } from '../../src/keys/entry.ts';
import { identify } from '../../src/keys/identify.ts';
import { changeRegistry } from '../../src/keys/registry.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import type { TestMachine } from './host.ts';
import { makeAdminKey, makeKey, makeOauthToken } from './secrets.ts';

const MAKE: Readonly<Record<KeyKind, () => string>> = { api: makeKey, admin: makeAdminKey, oauth: makeOauthToken };

/** What a test may choose about a key; everything else is that of a plain key, added on the machine's day. */
export interface StoredOptions extends Partial<Omit<KeyEntry, 'name' | 'current'>> {
  /** Default: a fresh one of the kind. */
  readonly secret?: string;
  /** Also the default key. */
  readonly default?: boolean;
  readonly organizationId?: string | null;
}

/**
 * Puts a key into the machine's registry and its secret into the store, without going through `add`.
 * @returns the secret
 */
export async function storeKey(machine: TestMachine, name: string, options: StoredOptions = {}): Promise<string> {
  const { secret: given, default: isDefault, organizationId = null, ...rest } = options;
  const kind = rest.kind ?? 'api';
  const secret = given ?? MAKE[kind]();
  const addedAt = machine.now.toISOString();
  const entry: KeyEntry = {
    name,
    kind,
    environment: null,
    store: 'keychain',
    note: null,
    addedAt,
    expiresAt: null,
    rotateAfterDays: null,
    lastCheck: null,
    current: { ...identify(new Secret(secret)), addedAt, organizationId },
    pending: null,
    previous: null,
    change: null,
    ...rest,
  };
  await changeRegistry(machine.context(), ({ registry, save }) => {
    registry.keys.set(name, entry);
    if (isDefault) registry.default = name;
    save();
  });
  const store = entry.store === 'file' ? machine.file : machine.keychain;
  await store.set(slotOf(name, 'current'), new Secret(secret));
  return secret;
}
