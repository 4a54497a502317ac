import type { Context } from '../context.ts';
import type { ManagerUri } from '../stores/store.ts';
import { checkTarget } from './address.ts';
import type { Target } from './target.ts';

/** Opens a target; what speaks to it is loaded then. */
export async function openTarget(ctx: Context, uri: string): Promise<Target> {
  const address = checkTarget(uri);
  if (address.startsWith('k8s://')) return (await import('./kubernetes.ts')).open(ctx, address);
  if (address.startsWith('gh-secret://')) return (await import('./github.ts')).open(ctx, address);
  return (await import('./manager.ts')).open(ctx, address as ManagerUri);
}
