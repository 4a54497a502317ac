import { spawn } from 'node:child_process';
import { basename, dirname } from 'node:path';
import type { Context } from '../context.ts';
import { repositoryOf } from './sources/tools.ts';

const TIMEOUT_MS = 5_000;

/** The repository may be anyone's: nothing that its configuration names is run. */
const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=', '-c', 'core.pager=cat'] as const;

/**
 * Whether git tracks the file, so that its history holds what the file held. False where there is no git, or where git
 * refuses to look.
 */
export async function isTracked(ctx: Context, file: string): Promise<boolean> {
  const folder = dirname(file);
  if (repositoryOf(folder) === null) return false;
  return succeeds(ctx, ['-C', folder, ...SAFE, 'ls-files', '--error-unmatch', '--', basename(file)]);
}

function succeeds({ env }: Context, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('git', args, {
      stdio: 'ignore',
      // Without the rest of the environment, which may hold keys, or lead git to another repository.
      env: { ...kept(env), GIT_OPTIONAL_LOCKS: '0', GIT_LITERAL_PATHSPECS: '1' },
      timeout: TIMEOUT_MS,
      windowsHide: true,
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
}

function kept(env: Context['env']): Record<string, string> {
  const names = ['PATH', 'Path', 'PATHEXT', 'HOME', 'USERPROFILE', 'SystemRoot', 'XDG_CONFIG_HOME'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
