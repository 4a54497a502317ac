import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { inParallel } from '../parallel.ts';
import { openTarget } from '../targets/index.ts';
import type { Look } from '../targets/target.ts';
import type { KeyEntry, Target } from './entry.ts';

/**
 * How a target stands to the key: it has the current secret; an older one of the key; one that is not the key's; none;
 * or it could not be asked.
 */
export type Standing = 'in_step' | 'behind' | 'differs' | 'missing' | 'undecided';

/** A target as it was found. */
export interface FoundTarget {
  readonly uri: string;
  readonly status: Standing;
  readonly fingerprint: string | null;
  readonly redacted: string | null;
  readonly since: string | null;
  /** For a person. */
  readonly message: string;
  readonly error: UserError | null;
}

const AT_ONCE = 8;

/** Looks at every target of a key. Never throws for one. */
export function lookAtTargets(ctx: Context, entry: KeyEntry): Promise<FoundTarget[]> {
  return inParallel(entry.targets ?? [], AT_ONCE, async (target) => {
    try {
      return found(entry, target, await (await openTarget(ctx, target.uri)).look());
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
      const nothing = { fingerprint: null, redacted: null, since: null };
      return {
        uri: target.uri,
        status: 'undecided',
        ...nothing,
        message: error.message.replace(`${target.uri}: `, ''),
        error,
      };
    }
  });
}

function found(entry: KeyEntry, target: Target, look: Look | null): FoundTarget {
  const status = standing(entry, target, look);
  const { fingerprint = null, redacted = null, since = null } = look ?? {};
  // Of one that cannot be read, what it was given is known.
  const known = fingerprint === null && status === 'in_step' ? target : null;
  return {
    uri: target.uri,
    status,
    fingerprint: known?.fingerprint ?? fingerprint,
    redacted: known?.redacted ?? redacted,
    since,
    message: wordsFor(status, known?.redacted ?? redacted),
    error: null,
  };
}

/** How what a target holds stands to the key. */
export function standing(entry: KeyEntry, target: Target, look: Look | null): Standing {
  if (look === null) return 'missing';
  // Write-only: nobody has changed it since it was given what is noted.
  const unchanged = target.seen !== undefined && target.seen === look.since;
  const fingerprint = look.fingerprint ?? (unchanged ? target.fingerprint : undefined);
  if (fingerprint === entry.current.fingerprint) return 'in_step';
  const older = [entry.previous?.fingerprint, target.fingerprint];
  return fingerprint !== undefined && older.includes(fingerprint) ? 'behind' : 'differs';
}

function wordsFor(status: Standing, redacted: string | null): string {
  switch (status) {
    case 'in_step':
      return 'has the current secret';
    case 'behind':
      return `still has an older secret${redacted === null ? '' : `, ${redacted}`}`;
    case 'differs':
      return redacted === null ? 'was changed by somebody else' : `has another secret, ${redacted}`;
    case 'missing':
      return 'has no secret';
    default:
      return 'could not be asked';
  }
}
