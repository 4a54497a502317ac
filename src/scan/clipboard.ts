import { withoutCredentials } from '../child/environment.ts';
import { runTool } from '../clipboard/run.ts';
import { TOOLS, toolsFor } from '../clipboard/tools.ts';
import type { Context } from '../context.ts';
import { Scanner, SMALL } from './scanner.ts';
import { placeIn, type Session } from './session.ts';

/** Looks at the text on the clipboard, with the first tool that gives it. */
export async function scanClipboard(ctx: Context, session: Session): Promise<void> {
  const { env } = withoutCredentials(ctx.env);
  // The sensitive kind differs in copying alone.
  for (const name of toolsFor(ctx).filter((each) => each !== 'wl-copy-sensitive')) {
    const text = await runTool(TOOLS[name].paste, { env, read: true });
    if (text === null) continue;
    const scanner = new Scanner(SMALL);
    scanner.write(Buffer.from(text));
    session.scanned.bytes += Buffer.byteLength(text);
    session.add(scanner.end(), placeIn('<clipboard>', 'stdin'));
    return;
  }
  session.skip({ what: '<clipboard>', why: 'no tool here gives what is on it', failed: true });
}
