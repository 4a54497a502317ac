import { readConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { writeFailed } from '../files/replace.ts';

/** What becomes of a line that cannot be written; see `audit`. */
export function unwritten(ctx: Context, file: string, error: unknown): void {
  if (!(error instanceof UserError) && systemCode(error) === undefined) throw error;
  const { message, hint, code } = error instanceof UserError ? error : writeFailed(file, error);
  const text = message.replace(/; nothing was changed$/, '');
  switch (wanted(ctx)) {
    case 'ignore':
      return;
    case 'refuse':
      throw new UserError(code, `this would be missing in the audit log: ${text}`, hint === undefined ? {} : { hint });
    default:
      ctx.ui.warn(`this is missing in the audit log: ${text}`);
  }
}

/** Settings that cannot be read are told by the commands that need them; here the log's own trouble is the news. */
function wanted(ctx: Context): string | undefined {
  try {
    return readConfig(ctx).auditFailure;
  } catch {
    return undefined;
  }
}
