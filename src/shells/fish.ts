import type { Shell } from './shell.ts';

/** In single quotes fish reads `\'` and `\\`, and nothing else. */
export function quoteFish(value: string): string {
  return `'${value.replace(/['\\]/g, '\\$&')}'`;
}

export const fish: Shell = {
  name: 'fish',
  setVar: (name, value) => `set -gx ${name} ${quoteFish(value)}`,
  // `set -e` answers 4 for a variable that is not there: of no interest to who wants it gone.
  unsetVar: (name) => `set -e -g ${name}; or true`,
  evaluate: (command) => `${command} | source`,
};
