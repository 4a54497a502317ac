import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { gitConfigured } from './git.ts';
import { husky } from './husky.ts';
import { lefthook } from './lefthook.ts';
import { plain } from './plain.ts';
import { preCommit } from './pre-commit.ts';

export const HOOK_NAMES = ['pre-commit', 'pre-push'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** How one hook stands. */
export interface HookState {
  readonly name: HookName;
  readonly file: string;
  readonly installed: boolean;
  /** The hook that was there before and is run behind ours. */
  readonly chained: string | null;
}

/** Who runs the hooks of a repository. */
export interface Manager {
  readonly name: 'git' | 'husky' | 'lefthook' | 'pre-commit';
  isHere(root: string): boolean;
  /** Twice does no harm. */
  install(ctx: Context, root: string, yes: boolean): Promise<void>;
  uninstall(ctx: Context, root: string): Promise<void>;
  states(ctx: Context, root: string): Promise<HookState[]>;
  /** What is left to do by hand; null when nothing is. */
  advice(ctx: Context, root: string): Promise<string | null>;
}

/** The first that the repository uses; git itself when it uses none. */
const MANAGERS: readonly Manager[] = [husky, lefthook, preCommit, plain];

export async function installHooks(ctx: Context, yes: boolean): Promise<void> {
  const { manager, root } = await managerOf(ctx);
  await manager.install(ctx, root, yes);
}

export async function uninstallHooks(ctx: Context): Promise<void> {
  const { root } = await managerOf(ctx);
  for (const manager of MANAGERS) if (manager.isHere(root)) await manager.uninstall(ctx, root);
}

export async function hookStates(
  ctx: Context,
): Promise<{ manager: string; hooks: HookState[]; advice: string | null }> {
  const { manager, root } = await managerOf(ctx);
  return {
    manager: manager.name,
    hooks: await manager.states(ctx, root),
    advice: await manager.advice(ctx, root),
  };
}

async function managerOf(ctx: Context): Promise<{ manager: Manager; root: string }> {
  const root = await gitConfigured(ctx, ctx.cwd, ['rev-parse', '--show-toplevel']);
  if (root === null || !existsSync(join(root, '.git'))) {
    throw new UserError('usage', 'there is no git repository here', { hint: 'run it in one: git init' });
  }
  return { manager: MANAGERS.find((each) => each.isHere(root)) ?? plain, root };
}
