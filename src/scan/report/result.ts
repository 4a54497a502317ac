import type { CheckStatus } from '../../keys/entry.ts';
import type { Finding } from '../findings.ts';
import type { Skip } from '../hit.ts';

/** A finding, with what is known here of its credential. */
export interface Row extends Finding {
  /** The name of the stored key that it is. */
  readonly key: string | null;
  /** What the service says of it; null when it was not asked. */
  readonly live: CheckStatus | null;
  /** What to do, in this order: commands, or words where there is none. */
  readonly next: readonly string[];
}

/** Everything that a run of `scan` has to say. */
export interface Result {
  readonly rows: readonly Row[];
  readonly scanned: {
    readonly files: number;
    readonly bytes: number;
    readonly objects: number;
    readonly commits: number;
  };
  readonly skipped: readonly Skip[];
  readonly allowed: number;
  readonly interrupted: boolean;
}

const KINDS = {
  api: 'API key',
  admin: 'Admin API key',
  oauth: 'OAuth token',
  refresh: 'refresh token',
  session: 'session token',
} as const;

/** What it is, in words. */
export function nameOf({ kind }: Pick<Finding, 'kind'>): string {
  return KINDS[kind];
}
