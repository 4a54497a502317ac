import { descriptorsIn } from './descriptors.ts';
import { badInterpreter, findCommand, type Unusable } from './find.ts';
import { canReplace, replaceProcess } from './replace.ts';

export type { Unusable } from './find.ts';

/** What it takes to run a command, made ready before its environment is known. One of the two is called, once. */
export interface Launch {
  /**
   * Runs the command with this environment and nothing else of ours changed.
   * @returns the exit code of the child (128 and the signal's number when a signal ended it), or why it never ran
   */
  run(env: Readonly<Record<string, string>>): Promise<number | Unusable>;
  /** There is nothing to run after all. */
  cancel(): Promise<void>;
}

/**
 * For a command that takes the place of this process where that can be done, else runs beside it.
 * @param path of the environment that it will most likely get, to look for the command beforehand
 */
export async function prepareLaunch(command: readonly string[], path: string | undefined): Promise<Launch> {
  // What Node keeps from a child it closes for a command in its place, and there is no way to tell it otherwise.
  const descriptors = descriptorsIn(command);
  return canReplace() && descriptors.length === 0 ? replacement(command) : besideWith(descriptors, command, path);
}

/** For one that runs beside this process in any case: something in it is at work for the child. */
export async function prepareBeside(command: readonly string[], path: string | undefined): Promise<Launch> {
  return besideWith(descriptorsIn(command), command, path);
}

/** @param descriptors looked for before anything is opened for the child, which could be taken for one of them */
async function besideWith(
  descriptors: readonly number[],
  command: readonly string[],
  path: string | undefined,
): Promise<Launch> {
  if (process.platform === 'win32') {
    const { runOnWindows } = await import('./windows.ts');
    return { run: (env) => runOnWindows(command, env), cancel: nothing };
  }
  const { spawnChild, Guard } = await import('./spawn.ts');
  const guard = new Guard();
  const cancel = () => guard.dismiss();
  const [name = ''] = command;
  const expected = findCommand(name, path);
  return {
    async run(env) {
      const found = env['PATH'] === path ? expected : findCommand(name, env['PATH']);
      if (typeof found === 'string') return spawnChild(found, command, env, descriptors, guard);
      await cancel();
      return found;
    },
    cancel,
  };
}

function replacement(command: readonly string[]): Launch {
  return {
    async run(env) {
      const found = findCommand(command[0] ?? '', env['PATH']);
      if (typeof found !== 'string') return found;
      const unusable = badInterpreter(found);
      if (unusable !== null) return unusable;
      replaceProcess(command, env);
      // A name with `=` in it.
      return (await prepareBeside(command, env['PATH'])).run(env);
    },
    cancel: nothing,
  };
}

async function nothing(): Promise<void> {}
