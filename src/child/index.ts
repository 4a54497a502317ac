import { type Unusable, whyUnusable } from './find.ts';
import { replaceProcess } from './replace.ts';

export type { Unusable } from './find.ts';

/**
 * Runs the command with this environment and nothing else of ours changed: in the place of this process where that can
 * be done, else beside it.
 * @returns the exit code of the child (128 and the signal's number when a signal ended it), or why it never ran
 */
export async function runChild(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | Unusable> {
  if (process.platform === 'win32') return (await import('./windows.ts')).runOnWindows(command, env);
  const unusable = whyUnusable(command[0] ?? '', env['PATH']);
  if (unusable !== null) return unusable;
  replaceProcess(command, env);
  return (await import('./spawn.ts')).spawnChild(command, env);
}

/** The same, beside this process in any case: something in it is at work for the child. */
export async function runBeside(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | Unusable> {
  if (process.platform === 'win32') return (await import('./windows.ts')).runOnWindows(command, env);
  return whyUnusable(command[0] ?? '', env['PATH']) ?? (await import('./spawn.ts')).spawnChild(command, env);
}
