import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** `fail`: something does not work. `warn`: it works, but a person should know. */
export type CheckState = 'ok' | 'warn' | 'fail';

/** One thing that `doctor` looked at. Never holds a secret. */
export interface Check {
  readonly name: string;
  readonly status: CheckState;
  readonly message: string;
  readonly hint?: string;
  /** The same for programs: `--json` alone shows it. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Checks that belong together. It may throw: that is a failure of its first check, not of `doctor`. */
export interface CheckGroup {
  readonly name: string;
  run(ctx: Context): Check[] | Promise<Check[]>;
}

export function ok(name: string, message: string): Check {
  return { name, status: 'ok', message };
}

export function warn(name: string, message: string, hint?: string | null): Check {
  return { name, status: 'warn', message, ...(hint && { hint }) };
}

export function fail(name: string, message: string, hint?: string | null): Check {
  return { name, status: 'fail', message, ...(hint && { hint }) };
}

/** An error as a failed check: in its own words when it is meant for a person, else by its kind alone. */
export function failure(name: string, error: unknown): Check {
  if (error instanceof UserError) return fail(name, error.message, error.hint);
  const kind = error instanceof Error ? error.name : typeof error;
  return fail(name, `this could not be checked (${kind})`);
}

/** A path as it can be pasted into a shell. */
export function quoted(path: string): string {
  return /^[\w./@~+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
