/**
 * Exit codes and the one error type a user ever sees.
 *
 * An error and its remedy are kept apart: `message` says what went wrong (lower case, no full stop, never a secret),
 * `hint` says what to do next, usually a command.
 */

/** The exit codes of CONTRACT.md, by what they say. */
export const EXIT = {
  ok: 0,
  no: 1,
  usage: 2,
  keyNotFound: 3,
  store: 4,
  undecided: 5,
  refused: 6,
  bug: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every failure's machine-readable code (`error.code` in JSON) and the exit code that goes with it. */
const EXIT_OF = {
  usage: EXIT.usage,
  malformed_key: EXIT.usage,
  bad_name: EXIT.usage,
  secret_as_argument: EXIT.usage,
  bad_config: EXIT.usage,
  bad_settings: EXIT.usage,
  key_exists: EXIT.usage,
  grant_exists: EXIT.usage,
  duplicate_secret: EXIT.usage,
  missing_input: EXIT.usage,
  confirmation_needed: EXIT.usage,
  unfinished_change: EXIT.usage,
  previous_active: EXIT.usage,
  rotation_undone: EXIT.no,
  nothing_to_do: EXIT.usage,
  key_rejected: EXIT.no,
  other_organization: EXIT.no,
  targets_differ: EXIT.no,
  still_active: EXIT.no,
  declined: EXIT.no,
  key_not_found: EXIT.keyNotFound,
  console_key_not_found: EXIT.keyNotFound,
  console_refused: EXIT.no,
  ambiguous_hint: EXIT.no,
  standby_unusable: EXIT.no,
  no_standby: EXIT.no,
  rolled_back: EXIT.no,
  admin_key_needed: EXIT.usage,
  grant_not_found: EXIT.keyNotFound,
  store_unavailable: EXIT.store,
  clipboard_unavailable: EXIT.store,
  scheduler_unavailable: EXIT.store,
  scheduler_failed: EXIT.store,
  store_locked: EXIT.store,
  secret_missing: EXIT.store,
  store_damaged: EXIT.store,
  wrong_passphrase: EXIT.store,
  registry_damaged: EXIT.store,
  write_failed: EXIT.store,
  busy: EXIT.store,
  client_missing: EXIT.store,
  conflict: EXIT.store,
  undecided: EXIT.undecided,
  clock_wrong: EXIT.undecided,
  scan_failed: EXIT.undecided,
  refused: EXIT.refused,
  untrusted_host: EXIT.refused,
  internal: EXIT.bug,
  interrupted: EXIT.interrupted,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof EXIT_OF;

export interface ErrorDetails {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure that is not a bug: shown as one line and a hint, without a stack. */
export class UserError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'UserError';
    this.code = code;
    this.hint = details.hint;
  }

  get exitCode(): ExitCode {
    return EXIT_OF[this.code];
  }
}

/** The system's error code (`ENOENT`, `EACCES`, …) when `error` carries one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
