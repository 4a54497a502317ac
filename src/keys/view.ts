import type { KeyEntry, KeyKind, ROTATION_STEPS, Target } from './entry.ts';
import type { Registry } from './registry.ts';

type RotationStep = (typeof ROTATION_STEPS)[number];

/** A place that a key is published to. */
export interface TargetView {
  readonly uri: string;
  readonly linkedAt: string;
  readonly fingerprint: string | null;
  readonly redacted: string | null;
  readonly publishedAt: string | null;
}

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
  readonly rotation: { readonly step: RotationStep; readonly startedAt: string } | null;
  /** When the replaced secret is to be switched off by `rotate --due`; null when nobody asked for it. */
  readonly retireAt: string | null;
  /** Secrets that wait for their turn; `ready` are those that are switched off in the Console, as they should be. */
  readonly standby: { readonly ready: number; readonly total: number };
  readonly organizationId: string | null;
  /** The Console's ids of the current secret and of its workspace, once they are known. */
  readonly consoleId: string | null;
  readonly workspace: string | null;
  /** Where the key is published to, and what each place was given last. */
  readonly targets: readonly TargetView[];
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
    retireAt: entry.retirement?.at ?? null,
    standby: standbyOf(entry),
    organizationId: current.organizationId,
    consoleId: current.consoleId ?? null,
    workspace: current.workspace ?? null,
    targets: (entry.targets ?? []).map(toTarget),
  };
}

function toTarget({ uri, linkedAt, fingerprint, redacted, publishedAt }: Target): TargetView {
  return {
    uri,
    linkedAt,
    fingerprint: fingerprint ?? null,
    redacted: redacted ?? null,
    publishedAt: publishedAt ?? null,
  };
}

/** How many secrets wait for their turn. */
export function standbyOf({ standby = [] }: KeyEntry): Key['standby'] {
  return { ready: standby.filter(({ state }) => state === 'ready').length, total: standby.length };
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
