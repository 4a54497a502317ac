import type { Shell } from './shell.ts';

/**
 * Double quotes with `\"` and `\\`: in them nushell expands nothing (interpolation is `$"…"`), and they have, unlike
 * its other quotes, an escape for everything that ends a line.
 */
export function quoteNushell(value: string): string {
  const escaped = value
    .replace(/["\\]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}

export const nushell: Shell = {
  name: 'nushell',
  setVar: (name, value) => `$env.${name} = ${quoteNushell(value)}`,
  unsetVar: (name) => `hide-env --ignore-errors ${name}`,
  // Nushell runs no code that it was not given when it started: a record is loaded instead.
  evaluate: (command) => `${command} --format json | from json | load-env`,
};
