import { type AuditEvent, audit, auditAtOnce } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { identify } from './identify.ts';
import { readSecret } from './read-secret.ts';
import type { Secret } from './secret.ts';

/**
 * The secret of a key, for it to leave this program: the audit log has a line of it before it is given. That line is
 * written while the store is at work, where it costs no time, so a store that then fails makes a second line.
 * @param detail where the secret goes, in a few words
 * @throws {UserError} as {@link readSecret} does; also where a line that cannot be written is to be a refusal.
 */
export async function handOut(ctx: Context, entry: KeyEntry, detail: string | null = null): Promise<Secret> {
  let told: AuditEvent | null = null;
  const tell = () => {
    const event = { key: entry.name, fingerprint: entry.current.fingerprint, detail };
    if (auditAtOnce(ctx, event)) told = event;
  };
  try {
    const secret = await readSecret(ctx, entry, 'current', tell);
    // In the middle of a rotation the store is ahead of the registry, and another program may have changed it.
    const event = { key: entry.name, fingerprint: identify(secret).fingerprint, detail };
    if ((told as AuditEvent | null)?.fingerprint !== event.fingerprint) await audit(ctx, event);
    return secret;
  } catch (error) {
    const why = error instanceof UserError ? error.code : 'internal';
    if (told !== null) await audit(ctx, { ...(told as AuditEvent), detail: `was not handed out: ${why}` });
    throw error;
  }
}
