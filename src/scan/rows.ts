import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { type Registry, readRegistry } from '../keys/registry.ts';
import type { Finding } from './findings.ts';
import { ignoredFiles } from './ignored.ts';
import { nextSteps, storedAs } from './next.ts';
import type { Row } from './report/result.ts';

/** What is known here of each finding: whether git ignores its files, which stored key it is, whether it works. */
export async function rowsOf(ctx: Context, findings: readonly Finding[], verify: boolean): Promise<Row[]> {
  const ignored = await ignoredFiles(
    ctx,
    findings.flatMap(({ occurrences }) => occurrences),
  );
  const live = verify ? await (await import('./live.ts')).checkLive(ctx, findings) : new Map();
  const registry = registryOrNone(ctx);
  return findings.map((finding) => {
    const entry = storedAs(registry, finding.fingerprint);
    const status = live.get(finding.fingerprint) ?? null;
    const occurrences = finding.occurrences.map((occurrence) => ({
      ...occurrence,
      ignored: ignored.has(resolve(ctx.cwd, occurrence.file.replace(/!.*$/, ''))),
    }));
    const marked = { ...finding, occurrences };
    return { ...marked, key: entry?.name ?? null, live: status, next: nextSteps(marked, entry, status, registry) };
  });
}

/** A leak is told, whatever is wrong with the registry. */
function registryOrNone(ctx: Context): Registry {
  try {
    return readRegistry(ctx);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    ctx.ui.warn(`stored keys are not compared: ${error.message}`, error.hint);
    return { default: null, keys: new Map() };
  }
}
