import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { chooseKey } from '../keys/chosen.ts';
import { secretToTerminal } from '../shells/terminal-guard.ts';
import type { InputOf } from './table.ts';

/** The raw secret and a newline, for pipes and Claude Code's `apiKeyHelper`. */
export async function run(ctx: Context, { args, options }: InputOf<'print'>): Promise<ExitCode> {
  const key = await chooseKey(ctx, args[0], options.from);
  if (ctx.stdout.isTTY && !options.force) {
    throw secretToTerminal(
      `pipe it: claude-keys print ${key.words} | COMMAND${options.from === undefined ? `, or copy it: claude-keys copy ${key.label}` : ''}`,
    );
  }
  const value = (await key.read()).secret.reveal();
  if (ctx.ui.json) ctx.ui.document({ key: options.from === undefined ? key.label : null, secret: value });
  else ctx.ui.data(`${value}\n`);
  return EXIT.ok;
}
