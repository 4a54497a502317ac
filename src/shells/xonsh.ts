import type { Shell } from './shell.ts';

/** A Python string: JSON's escapes are all Python's, and what JSON leaves alone Python does too. */
export function quoteXonsh(value: string): string {
  return JSON.stringify(value);
}

export const xonsh: Shell = {
  name: 'xonsh',
  setVar: (name, value) => `$${name} = ${quoteXonsh(value)}`,
  // Not `pop`: at a prompt xonsh would show what was popped.
  unsetVar: (name) => `if '${name}' in \${...}: del $${name}`,
  evaluate: (command) => `execx($(${command}))`,
};
