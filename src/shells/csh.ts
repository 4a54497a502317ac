import { UserError } from '../errors.ts';
import type { Shell } from './shell.ts';

/**
 * A backslash before everything that could be special: the one form that holds for `!` too, inside and outside of
 * `eval`, where csh's single quotes do not. A line break has no form that survives `eval`.
 */
export function quoteCsh(value: string): string {
  if (/[\r\n]/.test(value)) {
    throw new UserError('usage', 'csh cannot take this secret: it holds a line break', {
      hint: 'hand it to the program directly: claude-keys exec NAME -- COMMAND',
    });
  }
  return value === '' ? "''" : value.replace(/[^A-Za-z0-9_./:@%+=,\u0080-\u{10ffff}-]/gu, '\\$&');
}

export const csh: Shell = {
  name: 'csh',
  setVar: (name, value) => `setenv ${name} ${quoteCsh(value)};`,
  unsetVar: (name) => `unsetenv ${name};`,
  // With the double quotes: without them csh expands wildcards in what was printed before it evaluates it.
  evaluate: (command) => `eval "\`${command}\`"`,
};
