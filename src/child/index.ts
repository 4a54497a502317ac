import { type Unusable, whyUnusable } from './find.ts';
import { canReplace, replaceProcess } from './replace.ts';

export type { Unusable } from './find.ts';

/** What it takes to run a command, made ready before its environment is known. One of the two is called, once. */
export interface Launch {
  /**
   * Runs the command with this environment and nothing else of ours changed.
   * @returns the exit code of the child (128 and the signal's number when a signal ended it), or why it never ran
   */
  run(command: readonly string[], env: Readonly<Record<string, string>>): Promise<number | Unusable>;
  /** There is nothing to run after all. */
  cancel(): Promise<void>;
}

/** For a command that takes the place of this process where that can be done, else runs beside it. */
export async function prepareLaunch(): Promise<Launch> {
  return canReplace() ? REPLACEMENT : prepareBeside();
}

/** For one that runs beside this process in any case: something in it is at work for the child. */
export async function prepareBeside(): Promise<Launch> {
  if (process.platform === 'win32') {
    const { runOnWindows } = await import('./windows.ts');
    return { run: runOnWindows, cancel: nothing };
  }
  const { spawnChild, Guard } = await import('./spawn.ts');
  const guard = new Guard();
  const cancel = () => guard.dismiss();
  return {
    async run(command, env) {
      const unusable = whyUnusable(command[0] ?? '', env['PATH']);
      if (unusable === null) return spawnChild(command, env, guard);
      await cancel();
      return unusable;
    },
    cancel,
  };
}

const REPLACEMENT: Launch = {
  async run(command, env) {
    const unusable = whyUnusable(command[0] ?? '', env['PATH']);
    if (unusable !== null) return unusable;
    replaceProcess(command, env);
    // A name with `=` in it.
    return (await prepareBeside()).run(command, env);
  },
  cancel: nothing,
};

async function nothing(): Promise<void> {}
