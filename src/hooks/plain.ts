import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { programCommand } from '../claude-code/helper.ts';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { confirmed } from '../terminal/ask.ts';
import { gitConfigured } from './git.ts';
import { HOOK_NAMES, type HookName, type HookState, type Manager } from './index.ts';
import { blockFor, blockIn } from './script.ts';

/** The hook that was there before ours gets this behind its name, and is run by ours. */
const BEFORE = '.before-claude-keys';

/** Hooks that git itself runs, from wherever its configuration says. */
export const plain: Manager = {
  name: 'git',
  isHere: () => true,
  async install(ctx, root, yes) {
    const folder = await hooksFolder(ctx, root);
    if (!folder.startsWith(root) && !(await isOwn(ctx, root, folder))) {
      await confirmed(ctx, yes, `${folder} (core.hooksPath) serves other repositories too. Install there?`);
    }
    if (existsSync(folder) && !statSync(folder).isDirectory()) {
      throw new UserError('usage', `git runs no hooks here: core.hooksPath is ${folder}`, {
        hint: 'git config --unset core.hooksPath, where it is set; see: git config --show-origin core.hooksPath',
      });
    }
    mkdirSync(folder, { recursive: true });
    for (const name of HOOK_NAMES) installOne(ctx, join(folder, name), name);
  },
  async uninstall(ctx, root) {
    const folder = await hooksFolder(ctx, root);
    for (const name of HOOK_NAMES) uninstallOne(join(folder, name));
  },
  async states(ctx, root) {
    const folder = await hooksFolder(ctx, root);
    return HOOK_NAMES.map((name) => stateOf(join(folder, name), name));
  },
  advice: async () => null,
};

async function hooksFolder(ctx: Context, root: string): Promise<string> {
  return resolve(root, (await gitConfigured(ctx, root, ['rev-parse', '--git-path', 'hooks'])) ?? '.git/hooks');
}

/** A linked work tree's or submodule's hooks are in its repository, which lies elsewhere. */
async function isOwn(ctx: Context, root: string, folder: string): Promise<boolean> {
  const common = await gitConfigured(ctx, root, ['rev-parse', '--git-common-dir']);
  return common !== null && folder.startsWith(resolve(root, common));
}

function installOne(ctx: Context, file: string, name: HookName): void {
  const isOurs = existsSync(file) && blockIn(readFileSync(file, 'utf8')) !== null;
  // Moved, so that it is byte for byte the same when it comes back.
  if (existsSync(file) && !isOurs) renameSync(file, `${file}${BEFORE}`);
  const fresh = `${file}.claude-keys-${ctx.pid}`;
  writeFileSync(fresh, scriptFor(ctx, name), { mode: 0o755 });
  chmodSync(fresh, 0o755);
  renameSync(fresh, file);
}

function uninstallOne(file: string): void {
  if (!existsSync(file) || blockIn(readFileSync(file, 'utf8')) === null) return;
  if (existsSync(`${file}${BEFORE}`)) renameSync(`${file}${BEFORE}`, file);
  else rmSync(file);
}

function stateOf(file: string, name: HookName): HookState {
  const installed = existsSync(file) && blockIn(readFileSync(file, 'utf8')) !== null;
  const chained = installed && existsSync(`${file}${BEFORE}`) ? `${file}${BEFORE}` : null;
  return { name, file, installed, chained };
}

function scriptFor(ctx: Context, name: HookName): string {
  const feed = name === 'pre-push' ? `printf '%s\\n' "$claude_keys_lines" | ` : '';
  return `#!/bin/sh
# Installed by: claude-keys hook install. Take it out with: claude-keys hook uninstall
${blockFor(name, programCommand(ctx))}
# The hook that was here before.
if [ -x "$0${BEFORE}" ]; then
  ${feed}"$0${BEFORE}" "$@"
fi
`;
}
