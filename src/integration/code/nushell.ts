import { UserError } from '../../errors.ts';
import { quoteNushell } from '../../shells/nushell.ts';
import { heading, type Integration, OWN_VARIABLES } from '../options.ts';
import { REMIND } from './remind.ts';

/**
 * For nushell 0.86 and later, which runs only code that it was given when it started: the user saves this in a file of
 * the `vendor/autoload` folder, or sources it.
 * @throws {UserError} `usage` for `--auto`.
 */
export function nushellCode(options: Integration): string {
  const { key, eager, auto, remind, wraps } = options;
  if (auto) {
    throw new UserError('usage', '--auto is not made for nushell', {
      hint: 'the key of a folder is used there by: claude-keys exec -- COMMAND',
    });
  }
  const name = key === null ? '' : ` ${quoteNushell(key)}`;
  return `${heading('nushell', options)}

# Sets the variable of a key in this shell.
def --env --wrapped ckuse [...words] {
  let words = if ($words | is-empty) { [${name.trim()}] } else { $words }
  if '--help' in $words { return (^claude-keys export --help) }
  ^claude-keys export --format json ...$words | from json | load-env
}

# Unsets what ckuse has set; what it has set with --var, by its name.
def --env ckunuse [...variables: string] {
  let variables = if ($variables | is-empty) { [${OWN_VARIABLES}] } else { $variables }
  hide-env --ignore-errors ...$variables
}
${wraps.map((command) => WRAPPER(command, name)).join('')}${remind ? REMIND.nushell(options.reminderFile) : ''}${eager ? '\ntry { ckuse }\n' : ''}`;
}

const WRAPPER = (command: string, name: string) => `
# With a Claude key: claude-keys exec.
def --wrapped ${command} [...words] { ^claude-keys exec${name} -- ${command} ...$words }
`;
