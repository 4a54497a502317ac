import type { Context } from '../context.ts';
import { self } from '../files/ticket.ts';
import { holdsSecret } from '../keys/name.ts';
import { append, PART_BYTES, type Unchained } from './append.ts';
import { callersOf } from './callers.ts';
import { auditFiles } from './files.ts';
import { claimAtOnce } from './head.ts';

/** What happens, as far as the context does not know it already. */
export interface AuditEvent {
  readonly key?: string | null;
  readonly fingerprint?: string | null;
  readonly grant?: string | null;
  /** What is done, in a few words and without a secret, where the command's name does not say it. */
  readonly detail?: string | null;
}

/**
 * Adds a line to the audit log: before a secret leaves, and before the write that makes a change count. So there may be
 * a line of what was then cut off or refused by the system, but nothing without its line.
 *
 * Where the log cannot be written (a read-only or full disk) a warning says so and the work goes on, because a key must
 * be had on such a machine, too; `auditFailure` in config.json may ask for a refusal instead.
 * @throws {UserError} `write_failed` or `busy` where that is asked for.
 */
export async function audit(ctx: Context, event: AuditEvent): Promise<void> {
  if (auditAtOnce(ctx, event)) return;
  const { auditSlowly } = await import('./slowly.ts');
  await auditSlowly(ctx, toLine(ctx, event));
}

/**
 * The same if it can be done without waiting for anything: for `print`, which does it while the keychain is answering.
 * @returns false when there is no line yet, for whatever reason: {@link audit} has to write it, or to say why not
 */
export function auditAtOnce(ctx: Context, event: AuditEvent): boolean {
  const files = auditFiles(ctx.paths);
  try {
    const claim = claimAtOnce(files, self());
    if (claim === null) return false;
    try {
      if (claim.head === null || claim.head.size >= PART_BYTES) return false;
      append(files, claim, claim.head, toLine(ctx, event));
      return true;
    } finally {
      claim.release();
    }
  } catch {
    return false;
  }
}

function toLine(ctx: Context, { key = null, fingerprint = null, grant = null, detail = null }: AuditEvent): Unchained {
  const [process = { pid: ctx.parentPid, name: null }, ...parents] = callersOf(ctx.parentPid);
  return {
    time: ctx.now().toISOString(),
    command: ctx.command,
    key,
    fingerprint,
    grant,
    detail,
    process,
    parents,
    terminal: ctx.hasTerminal(),
    folder: holdsSecret(ctx.cwd) ? '(a folder with a secret in its name)' : ctx.cwd.slice(0, 1024),
  };
}
