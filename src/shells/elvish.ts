import type { Shell } from './shell.ts';

/** In single quotes elvish reads `''` as a quote, and nothing else. */
export function quoteElvish(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

export const elvish: Shell = {
  name: 'elvish',
  setVar: (name, value) => `set-env ${name} ${quoteElvish(value)}`,
  unsetVar: (name) => `unset-env ${name}`,
  evaluate: (command) => `eval (${command} | slurp)`,
};
