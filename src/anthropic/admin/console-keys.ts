import { UserError } from '../../errors.ts';
import { holdsSecret } from '../../keys/name.ts';
import { type Admin, askAll } from './admin.ts';

const STATUSES = ['active', 'inactive', 'archived', 'expired'] as const;
export type ConsoleStatus = (typeof STATUSES)[number];

/** A row of the Console's key page. */
export interface ConsoleKey {
  readonly id: string;
  readonly name: string;
  readonly status: ConsoleStatus;
  /** The redacted form that the Console shows; equal to ours. */
  readonly hint: string | null;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  /** The id of a user or service account. */
  readonly createdBy: string | null;
  /** Null for a key of the organization itself. */
  readonly workspaceId: string | null;
}

/** The most that the API gives in one page. */
const PAGE = 1000;

/** Every key of the organization, the newest first. @throws {UserError} as {@link Admin.ask}. */
export function listConsoleKeys(admin: Admin, status?: ConsoleStatus): Promise<ConsoleKey[]> {
  const query = { limit: PAGE, ...(status !== undefined && { status }) };
  return askAll(
    admin,
    'the keys of the organization',
    (afterId) => (client, signal) =>
      client.organization.apiKeys.list({ ...query, ...(afterId !== undefined && { after_id: afterId }) }, { signal }),
    readKey,
  );
}

/** @throws {UserError} `console_key_not_found` for a key that is not there (any more); else as {@link Admin.ask}. */
export function retrieveConsoleKey(admin: Admin, id: string): Promise<ConsoleKey> {
  return admin.ask({
    about: `the Console's key ${id}`,
    call: (client, signal) => client.organization.apiKeys.retrieve(id, { signal }),
    read: readKey,
  });
}

/**
 * Makes a key active, inactive or archived, if it is not so yet.
 * @returns the key as it then is
 * @throws {UserError} `console_refused` when there is no way to that status; else as {@link Admin.ask}.
 */
export async function setConsoleStatus(
  admin: Admin,
  id: string,
  status: 'active' | 'inactive' | 'archived',
): Promise<ConsoleKey> {
  const before = await retrieveConsoleKey(admin, id);
  if (before.status === status) return before;
  try {
    return await admin.ask({
      about: `making the Console's key ${id} ${status}`,
      call: (client, signal) => client.organization.apiKeys.update(id, { status }, { signal }),
      read: readKey,
    });
  } catch (error) {
    // The try before may have been done although its answer was lost, and then there is nothing to change any more.
    if (!(error instanceof UserError) || error.code !== 'console_refused') throw error;
    const now = await retrieveConsoleKey(admin, id);
    if (now.status === status) return now;
    throw error;
  }
}

function readKey(row: Readonly<Record<string, unknown>>): ConsoleKey | null {
  const { id, name, status, partial_key_hint: hint, created_at: createdAt, expires_at: expiresAt } = row;
  if (!isIdentifier(id) || typeof name !== 'string' || !STATUSES.includes(status as ConsoleStatus)) return null;
  if (typeof createdAt !== 'string') return null;
  const { id: createdBy } = Object(row['created_by']) as { id?: unknown };
  const { workspace_id: workspaceId } = Object(row['scope']) as { workspace_id?: unknown };
  return {
    id,
    // A key pasted into the field for its name must not come out of it.
    name: holdsSecret(name) ? '[a secret]' : name,
    status: status as ConsoleStatus,
    hint: typeof hint === 'string' && !holdsSecret(hint) ? hint : null,
    createdAt,
    expiresAt: typeof expiresAt === 'string' ? expiresAt : null,
    createdBy: isIdentifier(createdBy) ? createdBy : null,
    workspaceId: isIdentifier(workspaceId) ? workspaceId : null,
  };
}

function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:-]{1,80}$/.test(value) && !holdsSecret(value);
}
