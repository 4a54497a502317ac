import * as v from 'valibot';
import { NAME } from './name.ts';

/**
 * What the registry remembers of a key. Nothing here is secret.
 *
 * A change that takes several writes is written down in `change` before its first one, so that after a crash at any
 * moment the next command knows what was under way.
 */
const SecretRecord = v.object({
  redacted: v.string(),
  fingerprint: v.string(),
  addedAt: v.string(),
  organizationId: v.nullable(v.string()),
});

const Change = v.variant('operation', [
  /** The entry is written, its secret perhaps not yet: the key does not count as there. */
  v.object({ operation: v.literal('add'), startedAt: v.string() }),
  v.object({
    operation: v.literal('rotate'),
    startedAt: v.string(),
    /** The step that has begun: what comes before it is done. */
    step: v.picklist(['stage', 'test', 'promote']),
  }),
  /** Under the old name until every secret is copied; under the new name while the old copies are being deleted. */
  v.object({ operation: v.literal('rename'), startedAt: v.string(), from: v.string(), to: v.string() }),
  v.object({ operation: v.literal('remove'), startedAt: v.string() }),
]);

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

export const KeyEntry = v.object({
  name: v.pipe(v.string(), v.regex(NAME)),
  kind: v.picklist(KEY_KINDS),
  environment: v.nullable(v.string()),
  store: v.picklist(['keychain', 'file']),
  note: v.nullable(v.string()),
  addedAt: v.string(),
  expiresAt: v.nullable(v.string()),
  rotateAfterDays: v.nullable(v.number()),
  lastCheck: v.nullable(v.object({ at: v.string(), status: v.picklist([...CHECK_STATUSES, 'unverified']) })),
  current: SecretRecord,
  pending: v.nullable(SecretRecord),
  previous: v.nullable(SecretRecord),
  change: v.nullable(Change),
});

export const RegistryFile = v.object({
  version: v.literal(1),
  default: v.nullable(v.string()),
  /** A list and no object: a key may be called `constructor`. */
  keys: v.array(KeyEntry),
});

export type SecretRecord = v.InferOutput<typeof SecretRecord>;
export type Change = v.InferOutput<typeof Change>;
export type KeyEntry = v.InferOutput<typeof KeyEntry>;
export type KeyKind = KeyEntry['kind'];
export type CheckStatus = (typeof CHECK_STATUSES)[number];
export type RegistryFile = v.InferOutput<typeof RegistryFile>;

/** True once the key has a secret to give: everything but an `add` that was cut off before its end. */
export function isThere(entry: KeyEntry): boolean {
  return entry.change?.operation !== 'add';
}
