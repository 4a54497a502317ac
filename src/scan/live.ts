import { checkSecret } from '../anthropic/check.ts';
import { resolveEndpoint } from '../anthropic/endpoint.ts';
import type { Context } from '../context.ts';
import type { CheckStatus, KeyKind } from '../keys/entry.ts';
import { progress } from '../terminal/progress.ts';
import type { Finding } from './findings.ts';

const SIDE_BY_SIDE = 10;

/**
 * Asks the service of each credential whether it works: with the call that costs nothing, each once, some side by side.
 * Refresh and session tokens cannot be asked about.
 * @throws {UserError} `untrusted_host` before anything is sent
 */
export async function checkLive(ctx: Context, findings: readonly Finding[]): Promise<ReadonlyMap<string, CheckStatus>> {
  const live = new Map<string, CheckStatus>();
  const waiting = findings.filter(({ kind }) => kind === 'api' || kind === 'admin' || kind === 'oauth');
  if (waiting.length === 0) return live;
  resolveEndpoint(ctx);
  const line = progress(ctx, `asking the service about ${waiting.length === 1 ? 'the key' : `${waiting.length} keys`}`);
  const next = waiting.values();
  const worker = async () => {
    for (const { secret, kind, fingerprint } of next) {
      live.set(fingerprint, (await checkSecret(ctx, secret, kind as KeyKind, { free: true })).status);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(SIDE_BY_SIDE, waiting.length) }, worker));
  } finally {
    line.stop();
  }
  return live;
}
