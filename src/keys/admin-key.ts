import { Admin, type AdminOptions } from '../anthropic/admin/admin.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { checkName } from './name.ts';
import { readSecret } from './read-secret.ts';
import { listKeys, type Registry } from './registry.ts';
import { existing } from './resolve.ts';

/** The Admin API, with the stored admin key that is meant. */
export async function openAdmin(
  ctx: Context,
  registry: Registry,
  choice: AdminChoice,
  options: AdminOptions = {},
): Promise<Admin> {
  return Admin.open(ctx, await readSecret(ctx, chooseAdminKey(registry, choice)), options);
}

export interface AdminChoice {
  /** Of `--admin-key`. */
  readonly name?: string | undefined;
  /** The organization that is worked on, where it is known. */
  readonly organizationId?: string | null;
}

/**
 * The admin key named, else the only one, else the only one of the organization.
 * @throws {UserError} `admin_key_needed` when there is none or several are left; `key_not_found`; `usage` for a key of
 *   another kind.
 */
export function chooseAdminKey(registry: Registry, { name, organizationId }: AdminChoice): KeyEntry {
  if (name !== undefined) {
    const entry = existing(registry, checkName(name));
    if (entry.kind === 'admin') return entry;
    throw new UserError('usage', `${name} is of the kind ${entry.kind}; the Admin API takes an admin key`, {
      hint: 'store one: claude-keys add admin',
    });
  }
  const all = listKeys(registry).filter(({ kind }) => kind === 'admin');
  const own = all.filter(({ current }) => organizationId && current.organizationId === organizationId);
  const [only, other] = own.length > 0 ? own : all;
  if (only !== undefined && other === undefined) return only;
  if (only === undefined) {
    throw new UserError('admin_key_needed', 'no admin key is stored, and this needs the Admin API', {
      hint: 'make one (platform.claude.com/settings/admin-keys) and store it: claude-keys add admin',
    });
  }
  throw new UserError('admin_key_needed', 'several admin keys are stored; which one is meant?', {
    hint: `say it: --admin-key ${only.name} (there are: ${all.map((entry) => entry.name).join(', ')})`,
  });
}

/** Whether there is an admin key to work with, without a word about which. */
export function hasAdminKey(registry: Registry, choice: AdminChoice): boolean {
  try {
    chooseAdminKey(registry, choice);
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === 'admin_key_needed' && choice.name === undefined) return false;
    throw error;
  }
}
