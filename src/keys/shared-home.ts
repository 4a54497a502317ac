import { UserError } from '../errors.ts';
import { isAddress } from '../stores/at.ts';
import type { SecretStore } from '../stores/store.ts';
import type { KeyEntry, SecretRecord } from './entry.ts';
import { identify } from './identify.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';

/**
 * At an address in a manager, others may have their key's home too, on machines of their own. A secret that is staged
 * there keeps them from staging theirs, so what stands under the name changes only by who has staged. All of it is
 * about addresses: elsewhere nobody else is at work.
 */

/** Whether the current secret is the one that is known here. */
export async function isUnchanged(store: SecretStore, entry: KeyEntry): Promise<boolean> {
  return !isAddress(entry.store) || other(await store.get(slotOf(entry.name, 'current')), entry.current) === null;
}

/** What others put there must not be lost. @throws {UserError} `conflict` */
export async function refuseChangedElsewhere(store: SecretStore, entry: KeyEntry): Promise<void> {
  if (!isAddress(entry.store)) return;
  const there = other(await store.get(slotOf(entry.name, 'current')), entry.current);
  if (there !== null) throw changedElsewhere(entry, there, `take note of it: ${pull(entry)}; then try again`);
}

/**
 * The same behind the staging: somebody else may have rotated from one end to the other since it was looked at.
 * @throws {UserError} `conflict`, and what was staged is taken out again
 */
export async function keepUnchanged(store: SecretStore, entry: KeyEntry, own: SecretRecord): Promise<void> {
  try {
    await refuseChangedElsewhere(store, entry);
  } catch (error) {
    if (error instanceof UserError && error.code === 'conflict') await dropPending(store, entry, own);
    throw error;
  }
}

/** Before the promotion. @throws {UserError} `conflict` when somebody else rotates the same secret, and was faster. */
export function refuseOthers(entry: KeyEntry, there: Secret | null, staged: Secret | null, own: SecretRecord): void {
  if (!isAddress(entry.store)) return;
  const hint = `undo this rotation: claude-keys rotate ${entry.name} --abort; then take note of theirs: ${pull(entry)}`;
  const [current, rival] = [other(there, entry.current), other(staged, own)];
  if (current !== null) throw changedElsewhere(entry, current, hint);
  if (rival === null) return;
  throw new UserError('conflict', `another new secret of ${entry.name}, ${rival}, was staged by somebody else`, {
    hint,
  });
}

/** Takes the pending secret out of the store; one that somebody else has staged stays. */
export async function dropPending(
  store: SecretStore,
  { name, store: place }: KeyEntry,
  own: SecretRecord,
): Promise<void> {
  const slot = slotOf(name, 'pending');
  if (!isAddress(place)) return void (await store.delete(slot));
  if (other(await store.get(slot), own) !== null) return;
  try {
    await store.delete(slot);
  } catch (error) {
    // Staged by somebody else in this very moment, it is out as well.
    const isOut = async () => other(await store.get(slot), own) !== null;
    if (!(error instanceof UserError && error.code === 'conflict' && (await isOut()))) throw error;
  }
}

/** Redacted, a secret that is another one than it should be. */
function other(secret: Secret | null, known: SecretRecord): string | null {
  if (secret === null) return null;
  const { fingerprint, redacted } = identify(secret);
  return fingerprint === known.fingerprint ? null : redacted;
}

function changedElsewhere({ name }: KeyEntry, redacted: string, hint: string): UserError {
  return new UserError('conflict', `${name} was changed elsewhere: it is ${redacted} now`, { hint });
}

function pull({ name }: KeyEntry): string {
  return `claude-keys pull ${name}`;
}
