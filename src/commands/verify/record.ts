import type { Context } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';
import { writeFailed } from '../../files/replace.ts';
import { changeRegistry } from '../../keys/registry.ts';
import type { Finding } from './check-all.ts';

/**
 * Writes into the registry, in one step, when each key was tested and how it went. A registry that cannot be written
 * is a warning: the findings are as true without it.
 */
export async function recordChecks(ctx: Context, findings: readonly Finding[]): Promise<void> {
  const tested = findings.filter(({ name, fingerprint }) => name !== null && fingerprint !== null);
  if (tested.length === 0) return;
  const at = ctx.now().toISOString();
  try {
    await changeRegistry(ctx, ({ registry, save }) => {
      for (const { name, fingerprint, result } of tested) {
        const entry = registry.keys.get(name ?? '');
        // The key may have been rotated or removed while it was tested: then this says nothing of its secret.
        if (entry?.current.fingerprint !== fingerprint) continue;
        entry.lastCheck = { at, status: result.status };
        // A key that was stored unverified has none yet; `rotate` compares it with the new secret's.
        if (!result.authenticated) continue;
        entry.current.organizationId ??= result.organizationId;
        entry.current.workspace ??= result.workspaceId ?? undefined;
      }
      save();
    });
  } catch (error) {
    if (!(error instanceof UserError) && systemCode(error) === undefined) throw error;
    const { message, hint } = writeFailed(ctx.paths.registryFile, error);
    ctx.ui.warn(`the results were not noted: ${message}`, hint);
  }
}
