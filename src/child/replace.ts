import { existsSync } from 'node:fs';

type Execve = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => never;

/**
 * Not executed directly: when that fails, Node aborts with a dump. `env` looks for the command as a shell would, runs
 * a script that has no `#!` line, and fails with the exit codes that are promised (126 and 127).
 */
const ENV = '/usr/bin/env';

/** Whether a command can take the place of this process: not with Node before 22.15, and not on Windows. */
export function canReplace(): boolean {
  return (process as { execve?: Execve }).execve !== undefined && process.platform !== 'win32' && existsSync(ENV);
}

/**
 * Puts the command in the place of this process: same process id, so signals, job control and the exit code need
 * nothing from us, and no second process stays in memory. Where {@link canReplace} says that it can.
 * @returns false for a command with `=` in its name, which `env` would take for a variable; else does not return
 */
export function replaceProcess(command: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const { execve } = process as { execve?: Execve };
  if (execve === undefined || command[0]?.includes('=')) return false;
  restoreInheritance();
  return execve.call(process, ENV, ['env', '--', ...command], env);
}

/** What Node changed in this process and the command would inherit. */
function restoreInheritance(): void {
  // Node ignores these two, and "ignored" is inherited; a signal with a handler goes back to its default.
  process.on('SIGPIPE', () => {});
  process.on('SIGXFSZ', () => {});
  // A pipe that Node has written to is non-blocking for everyone who has it: the command would lose output to EAGAIN.
  for (const stream of [process.stdout, process.stderr]) {
    const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): void } };
    handle?.setBlocking?.(true);
  }
}
