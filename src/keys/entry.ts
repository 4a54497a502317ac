import {
  either,
  isNumber,
  isText,
  listOf,
  matching,
  nullable,
  object,
  oneOf,
  type Shape,
  type Shaped,
} from '../files/shape.ts';
import type { StorePlace } from '../stores/store.ts';
import { NAME } from './name.ts';

const isName = matching(NAME);

const PLACE = /^(?:keychain|file|(?:vault|aws-sm|gcp-sm):\/\/[^\s#][^\n]*)$/;
const isStorePlace: Shape<StorePlace> = (value, _path): value is StorePlace =>
  typeof value === 'string' && PLACE.test(value);

/**
 * What the registry remembers of a key. Nothing here is secret.
 *
 * A change that takes several writes is written down in `change` before its first one, so that after a crash at any
 * moment the next command knows what was under way.
 */
const RECORD = { redacted: isText, fingerprint: isText, addedAt: isText, organizationId: nullable(isText) };

/** What the Console says of a secret, once it was asked. */
const IN_CONSOLE = { consoleId: isText, workspace: isText, expiresAt: nullable(isText) };

const SecretRecord = object(RECORD, IN_CONSOLE);

/** A fresh secret that waits for its turn, in a slot of its own and switched off in the Console. */
const Standby = object(
  {
    ...RECORD,
    /** Of the store's slot, `NAME@standby-1`. */
    number: isNumber,
    /** `storing`: perhaps not in its slot yet; `active`: there, but it still works; `ready`: switched off. */
    state: oneOf('storing', 'active', 'ready'),
  },
  IN_CONSOLE,
);

/** What is to become of the secret that was replaced: not before `at`. */
const Retirement = object({ at: isText, how: oneOf('switch_off', 'archive', 'forget') });

/** A place that the key is published to, and what it was given last. */
const Target = object(
  { uri: isText, linkedAt: isText },
  {
    fingerprint: isText,
    redacted: isText,
    publishedAt: isText,
    /** When the target says that it was changed then: how one that cannot be read shows that somebody else did. */
    seen: isText,
  },
);

export const ROTATION_STEPS = ['stage', 'activate', 'test', 'promote', 'publish'] as const;
export const ROTATION_REASONS = ['asked', 'due', 'rollback', 'replace'] as const;

const Change = either(
  /** The entry is written, its secret perhaps not yet: the key does not count as there. */
  object({ operation: oneOf('add'), startedAt: isText }),
  object(
    {
      operation: oneOf('rotate'),
      startedAt: isText,
      /** The step that has begun: what comes before it is done. */
      step: oneOf(...ROTATION_STEPS),
    },
    {
      why: oneOf(...ROTATION_REASONS),
      /** The number of the standby whose secret is staged. */
      standby: isNumber,
      /** The Console's id of the staged secret, once this rotation has made it active. */
      activated: isText,
      /** What was asked for the replaced secret; without it, nothing was. */
      retire: object({ how: oneOf('switch_off', 'archive', 'forget'), afterMs: isNumber }),
    },
  ),
  /** Under the old name until every secret is copied; under the new name while the old copies are being deleted. */
  object({ operation: oneOf('rename'), startedAt: isText, from: isName, to: isName }),
  object({ operation: oneOf('remove'), startedAt: isText }),
);

export const KEY_KINDS = ['api', 'admin', 'oauth'] as const;

export const CHECK_STATUSES = [
  'valid',
  'rejected',
  'disabled',
  'no_credit',
  'limited',
  'forbidden',
  'model_unavailable',
  'undecided',
] as const;

export const KeyEntry = object(
  {
    name: isName,
    kind: oneOf(...KEY_KINDS),
    environment: nullable(isText),
    /** A store of this machine, or an address in a secrets manager. */
    store: isStorePlace,
    note: nullable(isText),
    addedAt: isText,
    expiresAt: nullable(isText),
    rotateAfterDays: nullable(isNumber),
    lastCheck: nullable(object({ at: isText, status: oneOf(...CHECK_STATUSES, 'unverified') })),
    current: SecretRecord,
    pending: nullable(SecretRecord),
    previous: nullable(SecretRecord),
    change: nullable(Change),
  },
  { retirement: nullable(Retirement), standby: listOf(Standby), targets: listOf(Target) },
);

export const RegistryFile = object({
  version: oneOf(1),
  default: nullable(isName),
  /** A list and no object: a key may be called `constructor`. */
  keys: listOf(KeyEntry),
});

export type SecretRecord = Shaped<typeof SecretRecord>;
export type Standby = Shaped<typeof Standby>;
export type Retirement = Shaped<typeof Retirement>;
export type Target = Shaped<typeof Target>;
export type Change = Shaped<typeof Change>;
export type KeyEntry = Shaped<typeof KeyEntry>;
export type KeyKind = KeyEntry['kind'];
export type CheckStatus = (typeof CHECK_STATUSES)[number];
export type RegistryFile = Shaped<typeof RegistryFile>;

/** True once the key has a secret to give: everything but an `add` that was cut off before its end. */
export function isThere(entry: KeyEntry): boolean {
  return entry.change?.operation !== 'add';
}
