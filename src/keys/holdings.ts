import type { ConsoleKey } from '../anthropic/admin/console-keys.ts';
import type { KeyEntry, SecretRecord } from './entry.ts';
import type { Registry } from './registry.ts';
import type { Slot } from './slot.ts';

/** A secret that is stored here, and in which slot of which key. */
export interface Holding {
  readonly entry: KeyEntry;
  readonly slot: Slot;
  readonly record: SecretRecord;
}

/** Every secret of a key. */
export function holdingsOf(entry: KeyEntry): Holding[] {
  const { current, pending, previous, standby = [] } = entry;
  const slots: readonly (readonly [Slot, SecretRecord | null])[] = [
    ['current', current],
    ['pending', pending],
    ['previous', previous],
    ...standby.map((record) => [`standby-${record.number}`, record] as const),
  ];
  return slots.flatMap(([slot, record]) => (record === null ? [] : { entry, slot, record }));
}

export function allHoldings(registry: Registry): Holding[] {
  return [...registry.keys.values()].flatMap(holdingsOf);
}

/** Whether a row of the Console is that of a secret: an id that is known decides, else the hint. */
export function isRowOf(row: ConsoleKey, record: SecretRecord): boolean {
  return record.consoleId === undefined ? row.hint === record.redacted : row.id === record.consoleId;
}

/** What the registry remembers of a row. */
export function linkTo(row: ConsoleKey): Pick<SecretRecord, 'consoleId' | 'workspace' | 'expiresAt'> {
  return { consoleId: row.id, workspace: row.workspaceId ?? undefined, expiresAt: row.expiresAt };
}
