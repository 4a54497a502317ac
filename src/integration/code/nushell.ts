import { UserError } from '../../errors.ts';
import { quoteNushell } from '../../shells/nushell.ts';
import { heading, type Integration, OWN_VARIABLES } from '../options.ts';

/**
 * For nushell 0.86 and later, which runs only code that it was given when it started: the user saves this in a file of
 * the `vendor/autoload` folder, or sources it.
 * @throws {UserError} `usage` for `--auto`.
 */
export function nushellCode(options: Integration): string {
  const { key, eager, auto, wraps } = options;
  if (auto) {
    throw new UserError('usage', '--auto is not made for nushell', {
      hint: 'the key of a folder is used there by: claude-keys exec -- COMMAND',
    });
  }
  const name = key === null ? '' : ` ${quoteNushell(key)}`;
  return `${heading('nushell', options)}

# Sets the variable of a key in this shell.
def --env ckuse [...words: string] {
  let words = if ($words | is-empty) { [${name.trim()}] } else { $words }
  ^claude-keys export --format json ...$words | from json | load-env
}

# Unsets what ckuse has set.
def --env ckunuse [] { hide-env --ignore-errors ${OWN_VARIABLES} }
${wraps.map((command) => WRAPPER(command, name)).join('')}${eager ? '\ntry { ckuse }\n' : ''}`;
}

const WRAPPER = (command: string, name: string) => `
# With a Claude key: claude-keys exec.
def --wrapped ${command} [...words] { ^claude-keys exec${name} -- ${command} ...$words }
`;
