import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { systemCode } from '../errors.ts';
import { badInterpreter, type Unusable } from './find.ts';
import type { Guard } from './guard.ts';

export { Guard } from './guard.ts';

/** What `kill` may send and a program may want to handle. */
const PASSED_ON = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** From the keyboard these always reach the whole group: what to believe when there is no witness. */
const FROM_KEYBOARD: readonly string[] = ['SIGINT', 'SIGQUIT'];

/**
 * Runs the command beside this process and waits for its end, as if it were in our place: the same standard streams,
 * each signal once, its exit code.
 *
 * Both stay in one process group, so Ctrl-Z stops both, `fg` continues both and the terminal's owner is whoever the
 * shell says: nothing is done for job control, which is why it works.
 *
 * @param file what the command was found to be: not looked for again, folder by folder, by the process that will be it
 * @param descriptors the open files that it gets beside the standard streams
 * @param guard dismissed at the end
 */
export async function spawnChild(
  file: string,
  [name = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  descriptors: readonly number[],
  guard: Guard,
): Promise<number | Unusable> {
  let child: ChildProcess | undefined;
  const listeners = PASSED_ON.map((signal) => {
    const passOn = async () => {
      const groupGotIt = (await guard.alsoGot(signal)) ?? FROM_KEYBOARD.includes(signal);
      if (!groupGotIt) child?.kill(signal);
    };
    return { signal, passOn: () => void passOn() };
  });
  // Before the child is there: from its first moment on, a signal must not end this process and leave it alone.
  for (const { signal, passOn } of listeners) process.on(signal, passOn);
  try {
    child = spawn(file, args, { argv0: name, stdio: streamsWith(descriptors), env });
    if (child.pid !== undefined) guard.watch(child.pid);
    return await ended(child);
  } finally {
    await guard.dismiss();
    for (const { signal, passOn } of listeners) process.off(signal, passOn);
  }
}

/** Our own streams, and these under their own numbers. */
function streamsWith(descriptors: readonly number[]): StdioOptions {
  const streams: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (const descriptor of descriptors) {
    while (streams.length < descriptor) streams.push('ignore');
    streams.push(descriptor);
  }
  return streams;
}

/** The exit code as a shell would tell it, or why the command never ran. */
export function ended(child: ChildProcess): Promise<number | Unusable> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // An error after the start (a signal that could not be sent) is not the end.
      if (child.pid === undefined) resolve(failedToStart(child, systemCode(error)));
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

function failedToStart(child: ChildProcess, code: string | undefined): Unusable {
  const command = child.spawnargs[0] ?? '';
  return code === 'ENOENT'
    ? (badInterpreter(child.spawnfile) ?? { childCode: 127, message: `command not found: ${command}` })
    : { childCode: 126, message: `${command} could not be run${code ? ` (${code})` : ''}` };
}
