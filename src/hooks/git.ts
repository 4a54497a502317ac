import { spawn } from 'node:child_process';
import type { Context } from '../context.ts';

const TIMEOUT_MS = 10_000;

/**
 * Asks git with the user's own configuration, which says where hooks are (`core.hooksPath`).
 * @returns its first line; null when git failed
 */
export function gitConfigured({ env }: Context, folder: string, args: readonly string[]): Promise<string | null> {
  const names = ['PATH', 'Path', 'HOME', 'USERPROFILE', 'SystemRoot', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL'];
  const kept = Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return new Promise((resolve) => {
    const child = spawn('git', ['-c', 'core.fsmonitor=false', ...args], {
      cwd: folder,
      env: kept,
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      windowsHide: true,
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? out.replace(/\r?\n[\s\S]*$/, '') : null));
  });
}
