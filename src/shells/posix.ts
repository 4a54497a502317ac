import type { Shell, ShellName } from './shell.ts';

/**
 * Single quotes: nothing is special between them but the single quote itself, not even `!` in an interactive shell.
 * The quote is written outside of them, as `\'`, which holds with zsh's RC_QUOTES too.
 */
export function quotePosix(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** The shells of the Bourne family share the words and differ in their profiles. */
export function posixShell(name: ShellName): Shell {
  return {
    name,
    setVar: (variable, value) => `export ${variable}=${quotePosix(value)}`,
    unsetVar: (variable) => `unset ${variable}`,
    evaluate: (command) => `eval "$(${command})"`,
  };
}
