import { checkSecret } from '../anthropic/check.ts';
import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { EXIT, UserError } from '../errors.ts';
import { addKey } from '../keys/adding.ts';
import { listKeys, readRegistry } from '../keys/registry.ts';
import { noteOf, warnOf } from '../keys/testing.ts';
import { chooseStore } from '../stores/choose.ts';
import type { LocalStore } from '../stores/store.ts';
import { progress } from '../terminal/progress.ts';
import { type Item, isNew } from './items.ts';

const SIDE_BY_SIDE = 10;

/** Tests every new secret with a real call. */
export async function testNew(ctx: Context, items: readonly Item[]): Promise<void> {
  const waiting = items.filter(isNew);
  if (waiting.length === 0) return;
  const line = progress(ctx, `testing ${waiting.length === 1 ? 'the key' : `${waiting.length} keys`} with a real call`);
  try {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, SIDE_BY_SIDE);
      await Promise.all(
        batch.map(async (item) => {
          item.result = await checkSecret(ctx, item.find.secret, item.find.kind);
        }),
      );
    }
  } finally {
    line.stop();
  }
}

/**
 * The store for the new keys; before the first secret goes into the file because there is no keychain, the person
 * learns of it.
 * @throws {UserError} `store_unavailable` for one that was asked for and cannot be used.
 */
export async function storeForNew(ctx: Context, option: string | undefined): Promise<LocalStore> {
  const { place, insteadOfKeychain } = await chooseStore(ctx, option);
  if (place !== 'keychain' && place !== 'file') {
    throw new UserError('usage', `${place} has room for one key`, {
      hint: 'import into a store of this machine: --store keychain, --store file',
    });
  }
  if (insteadOfKeychain !== null && !listKeys(readRegistry(ctx)).some(({ store }) => store === 'file')) {
    ctx.ui.note(`no keychain here: ${insteadOfKeychain}`);
    ctx.ui.note(`keys go into an encrypted file instead: ${ctx.paths.secretsFile}`);
    ctx.ui.note('hint: how to change that, and what it protects: claude-keys doctor');
  }
  return place;
}

/** Stores every new secret under its name. After a failure of the store the rest is not tried: it would ask again. */
export async function storeNew(
  ctx: Context,
  items: readonly Item[],
  { store, environment }: { readonly store: LocalStore; readonly environment: string | null },
): Promise<void> {
  const rotateAfterDays = readConfig(ctx).rotateAfterDays ?? null;
  let broken = false;
  for (const item of items.filter(isNew)) {
    const { name, find, result } = item;
    if (name === null) continue;
    if (broken) {
      item.why = 'not tried, because the store failed before';
      continue;
    }
    const addedAt = ctx.now().toISOString();
    const { redacted, fingerprint, kind } = find;
    const current = { redacted, fingerprint, addedAt, organizationId: result?.organizationId ?? null };
    const unset = { note: null, expiresAt: null, pending: null, previous: null };
    const lastCheck = noteOf(ctx, result);
    try {
      const entry = { name, kind, environment, store, rotateAfterDays, addedAt, lastCheck, current, ...unset };
      await addKey(ctx, entry, find.secret, false);
      item.stored = true;
      ctx.ui.done(
        `${name} (${redacted}) is in ${ctx.stores[store].label}${result?.status === 'valid' ? ' and works' : ''}.`,
      );
      warnOf(ctx, name, result);
    } catch (error) {
      if (!(error instanceof UserError) || error.code === 'interrupted') throw error;
      item.why = error.message;
      broken = error.exitCode === EXIT.store;
      ctx.ui.warn(`${name} (${redacted}) was not stored: ${error.message}`, error.hint);
    }
  }
}
