import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { type HookState, hookStates, installHooks, uninstallHooks } from '../hooks/index.ts';
import type { InputOf } from './table.ts';

export async function run(ctx: Context, { args, options }: InputOf<'hook'>): Promise<ExitCode> {
  const [action] = args;
  if (action === 'install') await installHooks(ctx, options.yes);
  if (action === 'uninstall') await uninstallHooks(ctx);
  const { manager, hooks, advice } = await hookStates(ctx);
  if (ctx.ui.json) ctx.ui.document({ manager, hooks });
  else for (const hook of hooks) ctx.ui.data(`${lineOf(hook)}\n`);
  if (advice !== null && action !== 'uninstall') ctx.ui.note(`hint: ${advice}`);
  return action === 'status' && !hooks.every(({ installed }) => installed) ? EXIT.no : EXIT.ok;
}

function lineOf({ name, file, installed, chained }: HookState): string {
  const state = installed ? 'runs claude-keys scan' : 'does not run claude-keys';
  return `${name}: ${state} (${file})${chained === null ? '' : `, then ${chained}`}`;
}
