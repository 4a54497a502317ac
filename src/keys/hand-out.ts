import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { readSecret } from './read-secret.ts';
import type { Secret } from './secret.ts';

/**
 * The secret of a key, for it to leave this program: the audit log has a line of it before it is given. The log's code
 * is loaded and the line is written while the store is at work, where that costs no time; so a store that then fails
 * makes a second line.
 * @param detail where the secret goes, in a few words
 * @param also what the caller has to do beside it while the store is at work; not called where nothing is waited for
 * @throws {UserError} as {@link readSecret} does; also where a line that cannot be written is to be a refusal.
 */
export async function handOut(
  ctx: Context,
  entry: KeyEntry,
  detail: string | null = null,
  also?: () => void,
): Promise<Secret> {
  const event = { key: entry.name, fingerprint: entry.current.fingerprint, detail };
  const load = async () => new (await import('../audit/leaving.ts')).Leaving(ctx, event);
  let early: ReturnType<typeof load> | undefined;
  const meanwhile = () => {
    early = load();
    // A failure is met again below, where it is waited for.
    early.then((leaving) => leaving.tellEarly()).catch(() => {});
    also?.();
  };
  try {
    const secret = await readSecret(ctx, entry, 'current', meanwhile);
    await (await (early ?? load())).tell(secret);
    return secret;
  } catch (error) {
    const why = error instanceof UserError ? error.code : 'internal';
    await (await early)?.takeBack(why);
    throw error;
  }
}
