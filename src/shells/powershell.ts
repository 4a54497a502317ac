import type { Shell } from './shell.ts';

/** PowerShell takes the typographic single quotes for single quotes as well; each is written twice. */
const QUOTES = /['\u2018\u2019\u201a\u201b]/g;

/**
 * Single quotes expand nothing. A line break is put in by its code, because `| Invoke-Expression` gets the output line
 * by line.
 */
export function quotePowershell(value: string): string {
  if (!/[\r\n]/.test(value)) return `'${value.replace(QUOTES, '$&$&')}'`;
  const parts = value.split(/([\r\n])/).filter((part) => part !== '');
  const terms = parts.map((part) => (/[\r\n]/.test(part) ? `[char]${part.charCodeAt(0)}` : quotePowershell(part)));
  // PowerShell's `+` turns the right side into the type of the left one, so a string comes first.
  return `('' + ${terms.join(' + ')})`;
}

export const powershell: Shell = {
  name: 'powershell',
  setVar: (name, value) => `$env:${name} = ${quotePowershell(value)}`,
  unsetVar: (name) => `Remove-Item -Path Env:${name} -ErrorAction Ignore`,
  evaluate: (command) => `${command} | Invoke-Expression`,
};
