import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { handOut } from '../keys/hand-out.ts';
import { resolveKey } from '../keys/resolve.ts';
import { secretToTerminal } from '../shells/terminal-guard.ts';
import type { InputOf } from './table.ts';

/** The raw secret and a newline, for pipes and Claude Code's `apiKeyHelper`. */
export async function run(ctx: Context, { args, options }: InputOf<'print'>): Promise<ExitCode> {
  const { entry } = resolveKey(ctx, args[0]);
  if (ctx.stdout.isTTY && !options.force) {
    throw secretToTerminal(
      `pipe it: claude-keys print ${entry.name} | COMMAND, or copy it: claude-keys copy ${entry.name}`,
    );
  }
  const value = (await handOut(ctx, entry)).reveal();
  if (ctx.ui.json) ctx.ui.document({ key: entry.name, secret: value });
  else ctx.ui.data(`${value}\n`);
  return EXIT.ok;
}
