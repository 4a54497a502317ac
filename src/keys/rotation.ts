import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openStore } from '../stores/at.ts';
import type { SecretStore } from '../stores/store.ts';
import type { Change, KeyEntry, Retirement, SecretRecord } from './entry.ts';
import { appendHistory } from './history.ts';
import { identify } from './identify.ts';
import { changeRegistry, type Registry } from './registry.ts';
import { existing } from './resolve.ts';
import { dropPending, refuseOthers } from './shared-home.ts';
import { slotOf } from './slot.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Replacing a secret so that its name gives a whole, working one at every moment, whatever is killed:
 *
 *   stage     registry: pending = new, step stage    store: NAME@pending = new    registry: step activate or test
 *   activate  the Console: the new one is active     registry: step test          (a standby, or a secret to go back to)
 *   promote   registry: step promote                 store: NAME@previous = old, NAME = new, NAME@pending gone
 *             registry: current = new, previous = old, retirement as it was asked for, step publish
 *   publish   every target has the new one           registry: no change
 *
 * Each arrow is one atomic write. `NAME` itself is written once, from the old secret to the new one. After a crash the
 * registry says how far it came, and the fingerprint of what stands under `NAME` says the rest. The first
 * arrow is in `staging.ts`; what is done to get from step to step in `rotating.ts`; how it is undone in `undoing.ts`.
 */
export type Rotation = Extract<Change, { operation: 'rotate' }>;

/** What is asked for the secret that is replaced, besides being kept. */
export interface RetirePlan {
  readonly how: Retirement['how'];
  /** Grace from the promotion on. */
  readonly afterMs: number;
}

/** Why a secret is replaced, and what then. */
export interface Plan {
  readonly why: NonNullable<Rotation['why']>;
  readonly retire: RetirePlan | null;
}

/** Writes down what became known of a rotation that is under way: its step, that it made the secret active, its row. */
export function noteRotation(
  ctx: Context,
  name: string,
  { step, activated, link }: Partial<Pick<Rotation, 'step' | 'activated'>> & { readonly link?: Partial<SecretRecord> },
): Promise<Registry> {
  return changeRegistry(ctx, ({ registry, save }) => {
    const { entry, rotation, pending } = underWay(registry, name);
    entry.change = { ...rotation, ...(step && { step }), ...(activated && { activated }) };
    entry.pending = { ...pending, ...link };
    save();
    return registry;
  });
}

/** Changes what was asked for the replaced secret, whether it is replaced by now or not. */
export function replan(ctx: Context, name: string, retire: RetirePlan | null): Promise<void> {
  return changeRegistry(ctx, ({ registry, save }) => {
    const entry = existing(registry, name);
    if (entry.change?.operation === 'rotate' && entry.pending !== null) entry.change.retire = retire ?? undefined;
    else entry.retirement = retirementOf(retire, ctx.now());
    save();
  });
}

function retirementOf(retire: RetirePlan | null | undefined, now: Date): Retirement | null {
  return retire ? { at: new Date(now.getTime() + retire.afterMs).toISOString(), how: retire.how } : null;
}

/** What the test of the pending secret said, so that it is known once the secret is the current one. */
export interface TestNote {
  readonly lastCheck: KeyEntry['lastCheck'];
  readonly organizationId: string | null;
  readonly workspaceId: string | null;
}

/** Makes the pending secret the current one. Going on after a crash in the middle is the same call again. */
export function promote(ctx: Context, name: string, note: TestNote | null): Promise<Registry> {
  return changeRegistry(ctx, async (change) => {
    const { entry, rotation, pending } = underWay(change.registry, name);
    const store = await openStore(ctx, entry.store);
    await audit(ctx, { key: name, fingerprint: pending.fingerprint, detail: 'promote' });
    entry.change = { ...rotation, step: 'promote' };
    change.save();
    await switchOver(store, entry, pending);
    if (rotation.standby !== undefined) await store.delete(slotOf(name, `standby-${rotation.standby}`));
    Object.assign(entry, promoted(entry, rotation, pending, note, ctx.now()));
    change.save();
    return change.registry;
  });
}

/** The entry behind the promotion. The expiry that is noted of a key is that of its current secret. */
function promoted(
  entry: KeyEntry,
  { retire, ...rotation }: Rotation,
  { expiresAt, ...fresh }: SecretRecord,
  note: TestNote | null,
  now: Date,
): Partial<KeyEntry> {
  return {
    previous: { ...entry.current, expiresAt: entry.expiresAt },
    current: {
      ...fresh,
      // What waited on standby was switched off: its age counts from now on.
      addedAt: rotation.standby === undefined ? fresh.addedAt : now.toISOString(),
      organizationId: note?.organizationId ?? fresh.organizationId,
      workspace: fresh.workspace ?? note?.workspaceId ?? undefined,
    },
    expiresAt: expiresAt ?? null,
    pending: null,
    change: { ...rotation, step: 'publish' },
    lastCheck: note?.lastCheck ?? null,
    standby: entry.standby?.filter(({ number }) => number !== rotation.standby),
    retirement: retirementOf(retire, now),
  };
}

/** Moves the secrets; every part of it may already have been done before a crash. */
async function switchOver(store: SecretStore, entry: KeyEntry, pending: SecretRecord): Promise<void> {
  const { name } = entry;
  const current = await store.get(slotOf(name, 'current'));
  if (current === null || identify(current).fingerprint !== pending.fingerprint) {
    const fresh = await store.get(slotOf(name, 'pending'));
    refuseOthers(entry, current, fresh, pending);
    if (fresh === null || identify(fresh).fingerprint !== pending.fingerprint) throw pendingLost(name);
    if (current !== null) await store.set(slotOf(name, 'previous'), current);
    await store.set(slotOf(name, 'current'), fresh);
  }
  await dropPending(store, entry, pending);
}

/**
 * Ends a rotation whose new secret is in place everywhere.
 * @param took how long each step took in this run, in milliseconds
 */
export function endRotation(ctx: Context, name: string, took: Readonly<Record<string, number>>): Promise<Registry> {
  return changeRegistry(ctx, ({ registry, save }) => {
    const entry = existing(registry, name);
    const { change, current, previous } = entry;
    if (change?.operation !== 'rotate' || change.step !== 'publish') return registry;
    // Before the registry forgets it; written twice after a crash, it is still read as one.
    appendHistory(ctx, {
      event: change.why === 'rollback' ? 'rolled_back' : 'rotated',
      key: name,
      at: ctx.now().toISOString(),
      startedAt: change.startedAt,
      why: change.why ?? 'asked',
      standby: change.standby !== undefined,
      from: previous,
      to: current,
      took,
    });
    entry.change = null;
    save();
    return registry;
  });
}

/** The rotation of a key whose new secret is not in place yet. @throws {UserError} `nothing_to_do` when there is none. */
export function underWay(
  registry: Registry,
  name: string,
): { entry: KeyEntry; rotation: Rotation; pending: SecretRecord } {
  const entry = existing(registry, name);
  const { change, pending } = entry;
  if (change?.operation === 'rotate' && pending !== null) return { entry, rotation: change, pending };
  if (change !== null) refuseUnfinished(entry);
  throw new UserError('nothing_to_do', `no rotation of ${name} is under way`, {
    hint: `begin one: claude-keys rotate ${name}`,
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
