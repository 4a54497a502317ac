import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '../../context.ts';
import type { UserError } from '../../errors.ts';

/** For standard error to be written where that is not done at once (a pipe on macOS and Windows). */
const FLUSH_MS = 50;

/**
 * Says what went wrong and ends this process by a signal, because nothing else ends it while keytar waits: even
 * `process.exit` waits for keytar's thread. The exit code is therefore the signal's and not the error's.
 */
export async function endProcess(ctx: Context, error: UserError): Promise<never> {
  const { code, message, hint } = error;
  if (ctx.ui.json) {
    ctx.ui.document({ error: { code, message, hint: hint ?? null } });
  } else {
    ctx.stderr.write(`claude-keys: ${message}\n`);
    if (hint !== undefined) ctx.stderr.write(`claude-keys: hint: ${hint}\n`);
  }
  await sleep(FLUSH_MS);
  process.kill(process.pid, 'SIGKILL');
  return new Promise<never>(() => {});
}
