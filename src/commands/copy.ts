import { parseSeconds } from '../cli/seconds.ts';
import { clearLater, copyText } from '../clipboard/index.ts';
import { installHint } from '../clipboard/tools.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode, UserError } from '../errors.ts';
import { handOut } from '../keys/hand-out.ts';
import { resolveKey } from '../keys/resolve.ts';
import type { InputOf } from './table.ts';

const DEFAULT_SECONDS = 45;

/** Puts the secret on the clipboard, through the standard input of the system's own tool, and clears it later. */
export async function run(ctx: Context, { args, options }: InputOf<'copy'>): Promise<ExitCode> {
  const given = options['clear-after'];
  const seconds = given === undefined ? DEFAULT_SECONDS : parseSeconds(given);
  const { entry } = resolveKey(ctx, args[0]);
  const value = (await handOut(ctx, entry)).reveal();
  const tool = await copyText(ctx, value);
  if (tool === null) {
    throw new UserError('clipboard_unavailable', 'there is no way to the clipboard', {
      hint: installHint(ctx, entry.name),
    });
  }
  if (seconds > 0) clearLater(ctx, tool, value, seconds);
  if (ctx.ui.json) {
    ctx.ui.document({ key: entry.name, copied: true, clearsInSeconds: seconds > 0 ? seconds : null });
  } else {
    const clearing =
      seconds > 0
        ? `it is cleared in ${seconds} seconds, unless something else is copied meanwhile`
        : 'it stays there until something else is copied';
    ctx.ui.done(`the secret of ${entry.name} is on the clipboard; ${clearing}`);
  }
  return EXIT.ok;
}
