import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/**
 * Asks before something that cannot be undone, unless `--yes` was given.
 * @throws {UserError} `confirmation_needed` without a terminal, `declined` when the person says no.
 */
export async function confirmed(ctx: Context, yes: boolean, question: string): Promise<void> {
  if (yes) return;
  if (!ctx.stdin.isTTY) {
    throw new UserError('confirmation_needed', `not done without a yes: ${question}`, { hint: 'say it with: --yes' });
  }
  if (await (await ctx.prompter()).confirm(question)) return;
  throw new UserError('declined', 'nothing was changed');
}
