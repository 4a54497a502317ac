import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { storeAt } from '../stores/at.ts';
import type { KeyEntry } from './entry.ts';
import type { Secret } from './secret.ts';
import { type Slot, slotOf } from './slot.ts';

/**
 * The secret that a key has in its store now. The registry is not asked whether it is the one it remembers: in the
 * middle of a rotation the store is ahead of it, and what the store holds is always whole.
 * @throws {UserError} `secret_missing` when the store has none although the registry knows the key: it was removed by
 *   another program, or the store hides it. Never a reason to forget the key.
 */
export async function readSecret(
  ctx: Context,
  entry: KeyEntry,
  slot: Slot = 'current',
  meanwhile?: () => void,
): Promise<Secret> {
  const { label, open } = storeAt(ctx, entry.store);
  const store = await open();
  const secret = await store.get(slotOf(entry.name, slot), meanwhile);
  if (secret !== null) return secret;
  const known = await store.whyMissing?.();
  if (known) throw known;
  throw new UserError(
    'secret_missing',
    `${label} has no secret for ${entry.name}: it was removed there, or is locked`,
    {
      hint: `look with: claude-keys doctor; store it anew with: claude-keys add ${entry.name} --replace`,
    },
  );
}
