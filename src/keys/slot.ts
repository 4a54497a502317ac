import type { KeyEntry } from './entry.ts';

/**
 * The places a key has in its store: the secret in use, the one being rotated in, the one being rotated out, and those
 * that wait for their turn.
 */
export type Slot = 'current' | 'pending' | 'previous' | `standby-${number}`;

declare const slotName: unique symbol;

/** A store's name for one slot of one key: `prod`, `prod@pending`, `prod@previous` `prod@standby-1` (the keychain's account). */
export type SlotName = string & { readonly [slotName]: true };

export function slotOf(name: string, slot: Slot): SlotName {
  return (slot === 'current' ? name : `${name}@${slot}`) as SlotName;
}

/** Every slot that a key may have something in, the current one first. */
export function slotsOf({ standby = [] }: Pick<KeyEntry, 'standby'>): Slot[] {
  return ['current', 'previous', 'pending', ...standby.map(({ number }) => `standby-${number}` as const)];
}

/** Which slot a store's name means. */
export function slotIn(name: SlotName): Slot {
  const [, slot = 'current'] = name.split('@');
  return slot as Slot;
}
