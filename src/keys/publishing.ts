import type { Context } from '../context.ts';
import type { KeyEntry } from './entry.ts';

/** How the new secret of a key came to the places that it is published to. */
export interface Publication {
  readonly status: 'done' | 'skipped';
  /** For a person. */
  readonly message: string;
}

/**
 * Brings the current secret of a key to every place that it is published to. Called in a rotation's step `publish`,
 * behind the promotion and before the old secret is retired: it may be called again after a crash, and must then end
 * what was begun. What it throws leaves the rotation in this step, to be resumed.
 *
 * No key can be linked to a place yet, so there is nothing to bring.
 */
export async function publish(_ctx: Context, _entry: KeyEntry): Promise<Publication> {
  return { status: 'skipped', message: 'no targets are linked' };
}
