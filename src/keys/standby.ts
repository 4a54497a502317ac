import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openStore } from '../stores/at.ts';
import { ambiguous, type Consoles } from './console.ts';
import { refuseDuplicate } from './duplicates.ts';
import type { KeyEntry, SecretRecord, Standby } from './entry.ts';
import { linkTo } from './holdings.ts';
import { checkFree, lookUntil } from './patience.ts';
import { readSecret } from './read-secret.ts';
import { changeRegistry, type Registry, readRegistry } from './registry.ts';
import { existing } from './resolve.ts';
import type { Secret } from './secret.ts';
import { slotOf } from './slot.ts';
import { refuseCurrent } from './switching-off.ts';
import { refuseUnfinished } from './unfinished.ts';

/**
 * Secrets that wait for their turn:
 *
 *   registry: storing   store: NAME@standby-1 = secret   registry: active   the Console: inactive   registry: ready
 *
 * A crash leaves one of these states, and {@link settleStandby} goes on from it.
 */
export function storeStandby(ctx: Context, name: string, record: SecretRecord, secret: Secret): Promise<number> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    refuseUnfinished(entry);
    refuseDuplicate(registry, record.fingerprint, name);
    const number = 1 + Math.max(0, ...(entry.standby ?? []).map((standby) => standby.number));
    const standby: Standby = { ...record, number, state: 'storing' };
    entry.standby = [...(entry.standby ?? []), standby];
    save();
    const store = await openStore(ctx, entry.store);
    try {
      await store.set(slotOf(name, `standby-${number}`), secret);
    } catch (error) {
      entry.standby = entry.standby.filter((other) => other !== standby);
      save();
      throw error;
    }
    await audit(ctx, { key: name, fingerprint: record.fingerprint, detail: `standby ${number}` });
    standby.state = 'active';
    save();
    return number;
  });
}

/**
 * Switches a standby off in the Console, so that a stolen store holds a dead key; with one that never came into its
 * slot, forgets it.
 * @returns false when it was forgotten
 * @throws {UserError} `ambiguous_hint`, `admin_key_needed`, or what the Admin API says; then it is still active.
 */
export async function settleStandby(ctx: Context, name: string, number: number, consoles: Consoles): Promise<boolean> {
  const entry = existing(readRegistry(ctx), name);
  const standby = numbered(entry, number);
  if (standby.state === 'ready') return true;
  const store = await openStore(ctx, entry.store);
  if ((await store.get(slotOf(name, `standby-${number}`))) === null) {
    await removeStandby(ctx, name, number);
    return false;
  }
  const console = await consoles.for(entry);
  const found = await console.find(standby);
  if (found.kind === 'several') throw ambiguous(name, standby, found.rows);
  if (found.kind === 'none') throw notInConsole(name, standby);
  const { row } = found;
  refuseCurrent(entry, row);
  if (row.status === 'active') await console.set(row.id, 'inactive');
  await change(ctx, name, number, (fresh) => Object.assign(fresh, { ...linkTo(row), state: 'ready' }));
  return true;
}

/**
 * Waits until the service rejects a standby that was switched off.
 * @returns whether it does
 */
export async function isDead(ctx: Context, name: string, number: number, waitMs: number): Promise<boolean> {
  const entry = existing(readRegistry(ctx), name);
  const secret = await readSecret(ctx, entry, `standby-${number}`);
  const rejected = (result: { status: string }) => result.status === 'rejected';
  return rejected(await lookUntil(waitMs, () => checkFree(ctx, entry, secret), rejected));
}

/** Drops a standby from the store and the registry. */
export function removeStandby(ctx: Context, name: string, number: number): Promise<Registry> {
  return changeRegistry(ctx, async ({ registry, save }) => {
    const entry = existing(registry, name);
    const standby = numbered(entry, number);
    if (entry.change?.operation === 'rotate' && entry.change.standby === number) refuseUnfinished(entry);
    const store = await openStore(ctx, entry.store);
    await audit(ctx, { key: name, fingerprint: standby.fingerprint, detail: `drop standby ${number}` });
    await store.delete(slotOf(name, `standby-${number}`));
    entry.standby = entry.standby?.filter((other) => other !== standby);
    save();
    return registry;
  });
}

/** How long a standby must last to be worth its turn. */
const LEAST_LIFE_MS = 3_600_000;

/**
 * The standbys that can take over, in the order of their turns: there, and not over in a moment.
 * @throws {UserError} `no_standby` when there is none.
 */
export function usableStandbys(entry: KeyEntry, now: Date): readonly [Standby, ...Standby[]] {
  const until = now.getTime() + LEAST_LIFE_MS;
  const [next, ...others] = (entry.standby ?? [])
    .filter(({ state, expiresAt }) => state !== 'storing' && !(expiresAt && Date.parse(expiresAt) <= until))
    .sort((a, b) => a.number - b.number);
  if (next === undefined) throw noStandby(entry);
  return [next, ...others];
}

export function noStandby({ name, standby = [] }: KeyEntry): UserError {
  const why = standby.length === 0 ? 'has no secret on standby' : 'has none on standby that could take over';
  return new UserError('no_standby', `${name} ${why}`, {
    hint: `make a key in the Console and store it: claude-keys standby add ${name}`,
  });
}

function change(ctx: Context, name: string, number: number, apply: (standby: Standby) => void): Promise<void> {
  return changeRegistry(ctx, ({ registry, save }) => {
    apply(numbered(existing(registry, name), number));
    save();
  });
}

function numbered({ name, standby = [] }: KeyEntry, number: number): Standby {
  const found = standby.find((record) => record.number === number);
  if (found !== undefined) return found;
  throw new UserError('nothing_to_do', `${name} has no standby with the number ${number}`, {
    hint: `see: claude-keys standby list ${name}`,
  });
}

function notInConsole(name: string, { number, redacted }: Standby): UserError {
  return new UserError('standby_unusable', `standby ${number} of ${name} (${redacted}) is not in the Console`, {
    hint: `was it deleted, or is the admin key of another organization? forget it: claude-keys standby remove ${name} ${number}`,
  });
}
