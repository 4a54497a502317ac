import type { Admin } from '../anthropic/admin/admin.ts';
import {
  type ConsoleKey,
  type ConsoleStatus,
  listConsoleKeys,
  retrieveConsoleKey,
  setConsoleStatus,
} from '../anthropic/admin/console-keys.ts';
import { audit } from '../audit/index.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { openAdmin } from './admin-key.ts';
import { duration } from './dates.ts';
import type { KeyEntry, SecretRecord } from './entry.ts';
import { readRegistry } from './registry.ts';

/** The row of a secret in the Console, as far as it can be told. */
export type FoundRow =
  | { readonly kind: 'one'; readonly row: ConsoleKey }
  /** Deleted, or of another organization. */
  | { readonly kind: 'none' }
  /** Several rows have its hint, and no id is known. */
  | { readonly kind: 'several'; readonly rows: readonly ConsoleKey[] };

const MOST_SKEW_MS = 10 * 60_000;

/** The Console as one run sees it: its list is asked for once. */
export class Console {
  readonly admin: Admin;
  readonly #ctx: Context;
  #rows: Promise<ConsoleKey[]> | null = null;

  constructor(ctx: Context, admin: Admin) {
    this.#ctx = ctx;
    this.admin = admin;
  }

  /**
   * The row of a secret: by its id where it is known; else the only active one with its hint, else the only one that is
   * switched off, else one that is over.
   */
  async find(record: SecretRecord): Promise<FoundRow> {
    if (record.consoleId !== undefined) return this.#byId(record.consoleId);
    const sameHint = (await this.rows()).filter(({ hint }) => hint === record.redacted);
    for (const statuses of [['active'], ['inactive'], ['expired', 'archived']] as const) {
      const rows = sameHint.filter(({ status }) => (statuses as readonly ConsoleStatus[]).includes(status));
      const [row] = rows;
      if (rows.length > 1) return { kind: 'several', rows };
      if (row !== undefined) return { kind: 'one', row };
    }
    return { kind: 'none' };
  }

  rows(): Promise<readonly ConsoleKey[]> {
    this.#rows ??= listConsoleKeys(this.admin).catch((error: unknown) => {
      this.#rows = null;
      throw error;
    });
    return this.#rows;
  }

  async set(id: string, status: 'active' | 'inactive' | 'archived'): Promise<ConsoleKey> {
    await audit(this.#ctx, { detail: `${id} to ${status} in the Console` });
    return setConsoleStatus(this.admin, id, status);
  }

  /**
   * @throws {UserError} `clock_wrong` when this machine's clock and the service's are apart: what is due by ours may not
   *   be due at all.
   */
  async refuseWrongClock(): Promise<void> {
    const skewMs = await this.admin.clockSkew();
    if (Math.abs(skewMs) <= MOST_SKEW_MS) return;
    const way = skewMs > 0 ? 'ahead of' : 'behind';
    throw new UserError('clock_wrong', `this machine's clock is ${duration(skewMs)} ${way} the service's`, {
      hint: 'set it right and run the same command again; nothing was changed',
    });
  }

  async #byId(id: string): Promise<FoundRow> {
    // Asked for twice: what follows from "not there" is too much for one slip of the service.
    const row = (await this.#retrieve(id)) ?? (await this.#retrieve(id));
    return row === null ? { kind: 'none' } : { kind: 'one', row };
  }

  async #retrieve(id: string): Promise<ConsoleKey | null> {
    try {
      return await retrieveConsoleKey(this.admin, id);
    } catch (error) {
      if (error instanceof UserError && error.code === 'console_key_not_found') return null;
      throw error;
    }
  }
}

/** `ambiguous_hint` with the rows, for a person to say which it is. */
export function ambiguous(name: string, record: SecretRecord, rows: readonly ConsoleKey[]): UserError {
  return severalShow(record.redacted, rows, `say which it is: claude-keys console link ${name} ID`);
}

/** @param shown what all of these rows show */
export function severalShow(shown: string, rows: readonly ConsoleKey[], hint: string): UserError {
  const ids = rows.slice(0, 10).map(({ id, status }) => `${id} (${status})`);
  return new UserError('ambiguous_hint', `several rows of the Console show ${shown}: ${ids.join(', ')}`, { hint });
}

/** The Consoles of a run: one for each admin key, opened when it is needed first. */
export class Consoles {
  readonly #ctx: Context;
  readonly #adminKey: string | undefined;
  readonly #opened = new Map<string, Promise<Console>>();

  /** @param adminKey the name of `--admin-key`; else it is chosen by the organization of the key */
  constructor(ctx: Context, adminKey: string | undefined) {
    this.#ctx = ctx;
    this.#adminKey = adminKey;
  }

  /** @throws {UserError} `admin_key_needed` when there is none for this key, or the wrong kind was named. */
  for(entry: KeyEntry): Promise<Console> {
    const { organizationId } = entry.current;
    const which = organizationId ?? '';
    const opened = this.#opened.get(which) ?? this.#open(organizationId);
    this.#opened.set(which, opened);
    return opened;
  }

  /** The same, and null when there is no admin key: then a person switches keys in the Console. */
  async forOrNone(entry: KeyEntry): Promise<Console | null> {
    // The Admin API knows API keys alone.
    if (entry.kind !== 'api') return null;
    try {
      return await this.for(entry);
    } catch (error) {
      if (error instanceof UserError && error.code === 'admin_key_needed' && this.#adminKey === undefined) return null;
      throw error;
    }
  }

  async #open(organizationId: string | null): Promise<Console> {
    const choice = { name: this.#adminKey, organizationId };
    return new Console(this.#ctx, await openAdmin(this.#ctx, readRegistry(this.#ctx), choice));
  }
}
