import type { Secret } from '../keys/secret.ts';

/** What a target holds. */
export interface Look {
  /** Null where it can be written and not read. */
  readonly fingerprint: string | null;
  readonly redacted: string | null;
  /** When that came there, as the target says: ISO 8601; null where it does not. */
  readonly since: string | null;
}

/** A place that gets a copy of a key's current secret, for programs that read it there. */
export interface Target {
  /** Where it is, in words. */
  readonly label: string;
  /** Null when it holds nothing. */
  look(): Promise<Look | null>;
  /**
   * Brings the secret there, in one step for whoever reads it: staged and read back first where the target can do that.
   * May be called again after a crash at any moment.
   * @param overwrite also what somebody else has staged there
   * @throws {UserError} `conflict` when somebody else writes there at the same time; exit code 4 or 5 as stores do.
   */
  publish(secret: Secret, overwrite: boolean): Promise<void>;
  /** Missing where it can be written and not read. */
  read?(): Promise<Secret | null>;
  /** Ends what is kept there of the secret before, once it is dead. */
  tidy?(): Promise<void>;
}
