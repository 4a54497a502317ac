import type { KeyEntry, KeyKind } from './entry.ts';
import type { Registry } from './registry.ts';

/** A key as `--json` shows it: the `Key` of CONTRACT.md. Times are ISO 8601 in UTC; nothing in it is secret. */
export interface Key {
  readonly name: string;
  readonly kind: KeyKind;
  readonly environment: string | null;
  readonly store: KeyEntry['store'];
  readonly redacted: string;
  readonly fingerprint: string;
  readonly default: boolean;
  readonly note: string | null;
  /** When the key was added; a rotation does not change it. */
  readonly addedAt: string;
  readonly expiresAt: string | null;
  readonly rotateAfterDays: number | null;
  /** When the current secret is due to be replaced. */
  readonly rotateBy: string | null;
  readonly lastCheck: KeyEntry['lastCheck'];
  /** A rotation that is under way or was interrupted. */
  readonly rotation: { readonly step: 'stage' | 'test' | 'promote'; readonly startedAt: string } | null;
  /** Where the key is published to; nothing publishes yet. */
  readonly targets: readonly { readonly uri: string }[];
}

/** The public form of an entry. */
export function toKey(entry: KeyEntry, registry: Registry): Key {
  const { change, current } = entry;
  return {
    name: entry.name,
    kind: entry.kind,
    environment: entry.environment,
    store: entry.store,
    redacted: current.redacted,
    fingerprint: current.fingerprint,
    default: registry.default === entry.name,
    note: entry.note,
    addedAt: entry.addedAt,
    expiresAt: entry.expiresAt,
    rotateAfterDays: entry.rotateAfterDays,
    rotateBy: rotateBy(entry),
    lastCheck: entry.lastCheck,
    rotation: change?.operation === 'rotate' ? { step: change.step, startedAt: change.startedAt } : null,
    targets: [],
  };
}

const DAY_MS = 24 * 3_600_000;

/** When the current secret is due to be replaced, counted from when it was stored: `NaN` when it never is. */
export function rotationDue({ current, rotateAfterDays }: KeyEntry): number {
  return rotateAfterDays === null ? Number.NaN : Date.parse(current.addedAt) + rotateAfterDays * DAY_MS;
}

/** A date that was damaged by hand must not keep `status` from showing everything else. */
function rotateBy(entry: KeyEntry): string | null {
  const due = new Date(rotationDue(entry));
  return Number.isNaN(due.getTime()) ? null : due.toISOString();
}
