import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openStore } from '../stores/at.ts';
import { refuseDuplicate } from './duplicates.ts';
import type { KeyEntry, SecretRecord, Standby } from './entry.ts';
import { identify } from './identify.ts';
import { changeRegistry, type Registry, type RegistryChange } from './registry.ts';
import { existing } from './resolve.ts';
import { type Plan, type Rotation, refusePreviousActive, underWay } from './rotation.ts';
import type { Secret } from './secret.ts';
import { dropPending, keepUnchanged, refuseChangedElsewhere } from './shared-home.ts';
import { slotOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/** The first step of a rotation (`rotation.ts`): the new secret comes to stand beside the current one. */
export interface StageOptions extends Plan {
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
    await stageSecret(ctx, change, entry, options, {});
  });
}

/**
 * Stages the standby with this number; it keeps its own slot until it is promoted, so that none is lost or used up by
 * a rotation that does not come to its end.
 */
export function stageStandby(ctx: Context, name: string, number: number, plan: Plan): Promise<void> {
  return changeRegistry(ctx, async (change) => {
    const entry = existing(change.registry, name);
    refuseUnfinished(entry);
    refusePreviousActive(entry);
    const { number: _, state: __, ...record } = standbyNumber(entry, number);
    const secret = await (await openStore(ctx, entry.store)).get(slotOf(name, `standby-${number}`));
    if (secret === null) throw standbyLost(name, number);
    await stageSecret(ctx, change, entry, { ...plan, record, secret }, { standby: number });
  });
}

/**
 * Stages the previous secret, to go back to it.
 * @throws {UserError} `nothing_to_do` when there is none.
 */
export function stagePrevious(ctx: Context, name: string): Promise<void> {
  return changeRegistry(ctx, async (change) => {
    const entry = existing(change.registry, name);
    refuseUnfinished(entry);
    const store = await openStore(ctx, entry.store);
    const secret = await store.get(slotOf(name, 'previous'));
    if (entry.previous === null || secret === null) {
      throw new UserError('nothing_to_do', `${name} has no previous secret to go back to`, {
        hint: `replace the current one: claude-keys rotate ${name}`,
      });
    }
    await stageSecret(ctx, change, entry, { why: 'rollback', retire: null, record: entry.previous, secret }, {});
  });
}

async function stageSecret(
  ctx: Context,
  { save }: RegistryChange,
  entry: KeyEntry,
  { why, retire, record, secret }: StageOptions,
  more: Pick<Rotation, 'standby'>,
): Promise<void> {
  const store = await openStore(ctx, entry.store);
  await refuseChangedElsewhere(store, entry);
  const startedAt = ctx.now().toISOString();
  const change: Rotation = { operation: 'rotate', startedAt, step: 'stage', why, ...more, ...(retire && { retire }) };
  Object.assign(entry, { pending: record, change });
  save();
  try {
    await store.set(slotOf(entry.name, 'pending'), secret);
    // Somebody else may have rotated from one end to the other since it was looked at; with this staged, nobody can.
    await keepUnchanged(store, entry, record);
  } catch (error) {
    // A manager that gave no answer may have taken it: `--resume` finds out.
    if (!(error instanceof UserError && error.code === 'undecided')) {
      Object.assign(entry, { pending: null, change: null });
      save();
    }
    throw error;
  }
  await audit(ctx, { key: entry.name, fingerprint: record.fingerprint, detail: 'stage' });
  entry.change = { ...change, step: stepBehindStage(change) };
  save();
}

/** Only a secret that was switched off, or may have been, has to be made active. */
function stepBehindStage({ why, standby }: Rotation): Rotation['step'] {
  return standby !== undefined || why === 'rollback' ? 'activate' : 'test';
}

/**
 * Ends a staging that was cut off: the staged secret is there, or the key is as it was before.
 * @throws {UserError} `rotation_undone` in the second case.
 */
export function settleStage(ctx: Context, name: string): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const { entry, rotation, pending } = underWay(registry, name);
    if (rotation.step !== 'stage') return registry;
    const store = await openStore(ctx, entry.store);
    const staged = await store.get(slotOf(name, 'pending'));
    const there = staged !== null && identify(staged).fingerprint === pending.fingerprint;
    if (!there) await dropPending(store, entry, pending);
    if (there) entry.change = { ...rotation, step: stepBehindStage(rotation) };
    else Object.assign(entry, { pending: null, change: null });
    save();
    if (there) return registry;
    throw new UserError('rotation_undone', `the new secret of ${name} had not been stored yet; the old one stays`, {
      hint: `give the new one again: claude-keys rotate ${name}`,
    });
  });
}

function standbyNumber({ name, standby = [] }: KeyEntry, number: number): Standby {
  const found = standby.find((record) => record.number === number);
  if (found !== undefined) return found;
  throw new UserError('nothing_to_do', `${name} has no standby with the number ${number}`, {
    hint: `see: claude-keys standby list ${name}`,
  });
}

function standbyLost(name: string, number: number): UserError {
  return new UserError('secret_missing', `the standby ${number} of ${name} is no longer in its store`, {
    hint: `forget it: claude-keys standby remove ${name} ${number}`,
  });
}
