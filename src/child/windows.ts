import crossSpawn from 'cross-spawn';
import type { Unusable } from './find.ts';
import { ended } from './spawn.ts';

/** Windows' own names for what the console sends to every process in it. */
const FROM_CONSOLE = ['SIGINT', 'SIGBREAK'] as const;

/**
 * Windows has no signals to pass on: Ctrl-C and Ctrl-Break reach the child by themselves, and here they only must not
 * end us before it. `npm`, `npx` and most tools of Node are `.cmd` files, which only cmd.exe can run, with quoting
 * rules of their own: cross-spawn knows them.
 */
export async function runOnWindows(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<number | Unusable> {
  const ignore = () => {};
  for (const signal of FROM_CONSOLE) process.on(signal, ignore);
  try {
    return await ended(crossSpawn(command[0] ?? '', command.slice(1), { stdio: 'inherit', env: { ...env } }));
  } finally {
    for (const signal of FROM_CONSOLE) process.off(signal, ignore);
  }
}
