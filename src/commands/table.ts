import type { Input } from '../cli/spec.ts';
import { ACCESS } from './table/access.ts';
import { CONSOLE } from './table/console.ts';
import { KEYS } from './table/keys.ts';
import { LEAKS } from './table/leaks.ts';
import { SETUP } from './table/setup.ts';
import { TARGETS } from './table/targets.ts';
import { USE } from './table/use.ts';
import { WATCH } from './table/watch.ts';

export { COMPLETION_SHELLS, INTEGRATED_SHELLS } from './table/words.ts';

/** The command line as data, in the order of the help. */
export const COMMANDS = {
  ...KEYS,
  ...TARGETS,
  ...CONSOLE,
  ...USE,
  ...LEAKS,
  ...WATCH,
  ...ACCESS,
  ...SETUP,
} as const;

export type CommandName = keyof typeof COMMANDS;
export type InputOf<N extends CommandName> = Input<(typeof COMMANDS)[N]>;
