import type { Context } from '../../context.ts';
import type { SecretStore } from '../store.ts';

export async function unavailable(_ctx: Context): Promise<string | null> {
  return 'not built yet';
}

export async function open(_ctx: Context): Promise<SecretStore> {
  throw new Error('not built yet');
}
