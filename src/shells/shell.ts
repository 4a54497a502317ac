import type { SHELL_NAMES } from '../commands/table/words.ts';

export type ShellName = (typeof SHELL_NAMES)[number];

/**
 * How one shell sets and unsets an environment variable. The name is a valid variable name (`variable.ts`), the value
 * any string without NUL; what the shell then holds is exactly that string.
 */
export interface Shell {
  readonly name: ShellName;
  /**
   * One statement, without a line end.
   * @throws {UserError} `usage` when this shell has no way to write the value.
   */
  setVar(name: string, value: string): string;
  /** One statement, without a line end, that succeeds when the variable is not set, too. */
  unsetVar(name: string): string;
  /** The line a person types so that this shell runs the code that `command` prints. */
  evaluate(command: string): string;
}
