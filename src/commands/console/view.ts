import type { ConsoleKey, ConsoleStatus } from '../../anthropic/admin/console-keys.ts';
import type { Names } from '../../anthropic/admin/directory.ts';
import { allHoldings } from '../../keys/holdings.ts';
import type { Registry } from '../../keys/registry.ts';
import type { Slot } from '../../keys/slot.ts';

/** A key of the Console as `--json` shows it. */
export interface ConsoleKeyView {
  readonly id: string;
  readonly name: string;
  readonly status: ConsoleStatus;
  readonly hint: string | null;
  readonly workspaceId: string | null;
  /** The name of the workspace, where it is known. */
  readonly workspace: string | null;
  readonly createdBy: string | null;
  /** The name of who made it, where it is known. */
  readonly creator: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** The secret here that it is; null when nobody here holds it. */
  readonly stored: { readonly name: string; readonly slot: Slot; readonly by: 'id' | 'hint' } | null;
  /** Active, old, and held by nobody here. */
  readonly forgotten: boolean;
}

export interface Surroundings {
  readonly registry: Registry;
  readonly workspaces: Names | null;
  readonly users: Names | null;
  /** Whether an active key that nobody here holds is old enough to be asked about. */
  forgotten(key: ConsoleKey): boolean;
}

export function toView(key: ConsoleKey, around: Surroundings): ConsoleKeyView {
  return toViews([key], around)[0] as ConsoleKeyView;
}

/** Matched through maps: there may be thousands on both sides. */
export function toViews(keys: readonly ConsoleKey[], around: Surroundings): ConsoleKeyView[] {
  const byId = new Map<string, ConsoleKeyView['stored']>();
  const byHint = new Map<string, ConsoleKeyView['stored']>();
  for (const { entry, slot, record } of allHoldings(around.registry)) {
    const { name } = entry;
    if (record.consoleId === undefined) byHint.set(record.redacted, { name, slot, by: 'hint' });
    else byId.set(record.consoleId, { name, slot, by: 'id' });
  }
  return keys.map((key) => {
    const stored = byId.get(key.id) ?? (key.hint === null ? undefined : byHint.get(key.hint)) ?? null;
    return {
      id: key.id,
      name: key.name,
      status: key.status,
      hint: key.hint,
      workspaceId: key.workspaceId,
      workspace: nameOf(around.workspaces, key.workspaceId),
      createdBy: key.createdBy,
      creator: nameOf(around.users, key.createdBy),
      createdAt: key.createdAt,
      expiresAt: key.expiresAt,
      stored,
      forgotten: stored === null && key.status === 'active' && around.forgotten(key),
    };
  });
}

function nameOf(names: Names | null, id: string | null): string | null {
  return id === null ? null : (names?.get(id) ?? null);
}
