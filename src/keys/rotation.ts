import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { SecretStore } from '../stores/store.ts';
import { refuseDuplicate } from './duplicates.ts';
import type { Change, KeyEntry, SecretRecord } from './entry.ts';
import { identify } from './identify.ts';
import { changeRegistry, type Registry, type RegistryChange } from './registry.ts';
import { existing } from './resolve.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Replacing a secret so that its name gives a whole, working one at every moment, whatever is killed:
 *
 *   stage    registry: pending = new, step stage     store: NAME@pending = new     registry: step test
 *   promote  registry: step promote                  store: NAME@previous = old, NAME = new, NAME@pending gone
 *            registry: current = new, previous = old, no change
 *
 * Each arrow is one atomic write. `NAME` itself is written once, from the old secret to the new one. After a crash the
 * registry says how far it came, and the fingerprint of what stands under `NAME` says the rest.
 */
type Rotation = Extract<Change, { operation: 'rotate' }>;

export interface StageOptions {
  readonly record: SecretRecord;
  readonly secret: Secret;
}

/**
 * Puts a new secret beside the current one.
 * @throws {UserError} `unfinished_change`, `duplicate_secret`, or `previous_active` when a secret is still waiting to
 *   be retired and would be lost. Nothing is changed then, nor when the store fails.
 */
export function stage(ctx: Context, name: string, options: StageOptions): Promise<void> {
  return changeRegistry(ctx, async (change) => {
    const entry = existing(change.registry, name);
    refuseUnfinished(entry);
    refuseDuplicate(change.registry, options.record.fingerprint, name);
    refusePreviousActive(entry);
    await stageSecret(ctx, change, entry, options);
  });
}

/**
 * Stages the previous secret, to go back to it.
 * @returns the secret that was staged, for a test before it is promoted
 * @throws {UserError} `nothing_to_do` when there is none.
 */
export function stagePrevious(ctx: Context, name: string): Promise<Secret> {
  return changeRegistry(ctx, async (change) => {
    const entry = existing(change.registry, name);
    refuseUnfinished(entry);
    const store = await ctx.stores[entry.store].open(ctx);
    const secret = await store.get(slotOf(name, 'previous'));
    if (entry.previous === null || secret === null) {
      throw new UserError('nothing_to_do', `${name} has no previous secret to go back to`, {
        hint: `replace the current one: claude-keys rotate ${name}`,
      });
    }
    await stageSecret(ctx, change, entry, { record: entry.previous, secret });
    return secret;
  });
}

async function stageSecret(
  ctx: Context,
  { save }: RegistryChange,
  entry: KeyEntry,
  options: StageOptions,
): Promise<void> {
  const store = await ctx.stores[entry.store].open(ctx);
  const change: Rotation = { operation: 'rotate', startedAt: ctx.now().toISOString(), step: 'stage' };
  Object.assign(entry, { pending: options.record, change });
  save();
  try {
    await store.set(slotOf(entry.name, 'pending'), options.secret);
  } catch (error) {
    Object.assign(entry, { pending: null, change: null });
    save();
    throw error;
  }
  entry.change = { ...change, step: 'test' };
  save();
}

/** Notes what the test of the pending secret said, so that it is known once the secret is the current one. */
export interface TestNote {
  readonly lastCheck: KeyEntry['lastCheck'];
  readonly organizationId: string | null;
}

/**
 * Makes the pending secret the current one. Going on after a crash in the middle is the same call again.
 * @throws {UserError} `rotation_undone` when there is no pending secret any more (its staging was cut off): the key is
 *   then as it was before, and no longer in a rotation.
 */
export function promote(ctx: Context, name: string, note: TestNote | null): Promise<Registry> {
  return changeRegistry(ctx, async (change) => {
    const { entry, rotation, pending } = underWay(change.registry, name);
    const store = await ctx.stores[entry.store].open(ctx);
    if (rotation.step === 'stage') await refuseCutOffStage(store, change, entry);
    entry.change = { ...rotation, step: 'promote' };
    change.save();
    await switchOver(store, entry, pending);
    Object.assign(entry, {
      previous: entry.current,
      current: { ...pending, organizationId: note?.organizationId ?? pending.organizationId },
      pending: null,
      change: null,
      lastCheck: note?.lastCheck ?? null,
    });
    change.save();
    return change.registry;
  });
}

/** Moves the secrets; every part of it may already have been done before a crash. */
async function switchOver(store: SecretStore, { name }: KeyEntry, pending: SecretRecord): Promise<void> {
  const current = await store.get(slotOf(name, 'current'));
  if (current === null || identify(current).fingerprint !== pending.fingerprint) {
    const fresh = await store.get(slotOf(name, 'pending'));
    if (fresh === null) throw pendingLost(name);
    if (current !== null) await store.set(slotOf(name, 'previous'), current);
    await store.set(slotOf(name, 'current'), fresh);
  }
  await store.delete(slotOf(name, 'pending'));
}

/**
 * Undoes a rotation that has not ended: the old secret is the current one, the new one is gone.
 * @throws {UserError} `secret_missing` when the old secret is no longer in the store.
 */
export function abort(ctx: Context, name: string): Promise<Registry> {
  return changeRegistry(ctx, async (change) => {
    const { entry, pending } = underWay(change.registry, name);
    const store = await ctx.stores[entry.store].open(ctx);
    const fresh = await switchBack(store, entry, pending);
    // A rollback had staged the previous secret, whose place may hold a copy of the current one by now.
    if (entry.previous !== null && fresh !== null) await store.set(slotOf(name, 'previous'), fresh);
    if (entry.previous === null) await store.delete(slotOf(name, 'previous'));
    await store.delete(slotOf(name, 'pending'));
    Object.assign(entry, { pending: null, change: null });
    change.save();
    return change.registry;
  });
}

/** Puts the old secret under the name again if the new one stands there; gives the new one, if it is anywhere. */
async function switchBack(store: SecretStore, { name }: KeyEntry, pending: SecretRecord): Promise<Secret | null> {
  const current = await store.get(slotOf(name, 'current'));
  const staged = await store.get(slotOf(name, 'pending'));
  if (current === null || identify(current).fingerprint !== pending.fingerprint) return staged;
  const old = await store.get(slotOf(name, 'previous'));
  if (old === null) throw oldLost(name);
  if (staged === null) await store.set(slotOf(name, 'pending'), current);
  await store.set(slotOf(name, 'current'), old);
  return current;
}

/** Drops the previous secret from the store and the registry. */
export function forgetPrevious(ctx: Context, name: string): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    refuseUnfinished(entry);
    const store = await ctx.stores[entry.store].open(ctx);
    await store.delete(slotOf(name, 'previous'));
    entry.previous = null;
    save();
    return registry;
  });
}

function underWay(registry: Registry, name: string): { entry: KeyEntry; rotation: Rotation; pending: SecretRecord } {
  const entry = existing(registry, name);
  const { change, pending } = entry;
  if (change?.operation === 'rotate' && pending !== null) return { entry, rotation: change, pending };
  if (change !== null) refuseUnfinished(entry);
  throw new UserError('nothing_to_do', `no rotation of ${name} is under way`, {
    hint: `begin one: claude-keys rotate ${name}`,
  });
}

async function refuseCutOffStage(store: SecretStore, { save }: RegistryChange, entry: KeyEntry): Promise<void> {
  const slot = slotOf(entry.name, 'pending');
  const staged = await store.get(slot);
  if (staged !== null && identify(staged).fingerprint === entry.pending?.fingerprint) return;
  await store.delete(slot);
  Object.assign(entry, { pending: null, change: null });
  save();
  throw new UserError('rotation_undone', `the new secret of ${entry.name} had not been stored yet; the old one stays`, {
    hint: `give the new one again: claude-keys rotate ${entry.name}`,
  });
}

/** @throws {UserError} `previous_active` when a replaced secret is kept that a new rotation would push out. */
export function refusePreviousActive({ name, previous }: KeyEntry): void {
  if (previous === null) return;
  throw new UserError('previous_active', `${name} still keeps ${previous.redacted} from its last rotation`, {
    hint: `end that one first: claude-keys retire ${name}`,
  });
}

function pendingLost(name: string): UserError {
  return new UserError('secret_missing', `the new secret of ${name} is no longer in its store`, {
    hint: `undo the rotation: claude-keys rotate ${name} --abort`,
  });
}

function oldLost(name: string): UserError {
  return new UserError(
    'secret_missing',
    `the old secret of ${name} is no longer in its store; the new one is in place`,
    {
      hint: `finish the rotation: claude-keys rotate ${name} --resume`,
    },
  );
}
