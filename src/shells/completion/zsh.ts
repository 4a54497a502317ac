import { quotePosix } from '../posix.ts';
import {
  type CommandWords,
  commandWords,
  NAMES_COMMAND,
  type OptionWords,
  PROGRAM_OPTIONS,
  type Values,
} from './words.ts';

/** Works both when it is sourced and as a file `_claude-keys` in a folder of `fpath`. */
export function zshCompletion(): string {
  const commands = commandWords();
  return `#compdef claude-keys
# zsh completion for claude-keys. Load it now: source <(claude-keys completion zsh)
# For every shell: claude-keys completion zsh > a file named _claude-keys in a folder of $fpath

_claude_keys_names() {
  local -a names=(\${(f)"$(${NAMES_COMMAND})"})
  local expl
  _wanted keys expl key compadd -a names
}

_claude_keys_commands() {
  local -a commands=(
${commands.flatMap(described).join('\n')}
  )
  _describe -t commands command commands
}

_claude_keys() {
  local curcontext=$curcontext state line
  local -A opt_args
  _arguments -C ${PROGRAM_OPTIONS.map(optionSpec).join(' ')} '1: :_claude_keys_commands' '*:: :->rest' && return
  [[ $state == rest ]] || return 1
  curcontext="\${curcontext%:*}-$words[1]:"
  case $words[1] in
${commands.map(branch).join('\n')}
  esac
}

# As an autoloaded function this file is its body; sourced, it defines the function.
if [[ \${funcstack[1]} == _claude-keys ]]; then
  _claude_keys "$@"
else
  compdef _claude_keys claude-keys
fi
`;
}

function described({ name, aliases, about }: CommandWords): string[] {
  return [name, ...aliases].map((each) => `    ${quotePosix(`${each}:${about.replaceAll(':', '\\:')}`)}`);
}

function branch({ name, aliases, args, options, child }: CommandWords): string {
  const specs = [
    ...options.map(optionSpec),
    ...args.map(({ name: arg, many, values }, index) =>
      quotePosix(`${many ? '*' : index + 1}:${arg}:${action(values)}`),
    ),
  ];
  const command = `_arguments ${specs.join(' ')}`;
  const body = child ? `${BEHIND_DASHES}\n      else\n        ${command}\n      fi` : command;
  return `    ${[name, ...aliases].join(' | ')})\n      ${body}\n      ;;`;
}

/** Behind `--` it is another program's line. */
const BEHIND_DASHES = `if ((words[(i)--] < CURRENT)); then
        local -i dashes=\${words[(i)--]}
        shift $dashes words
        ((CURRENT -= dashes))
        _normal`;

/** In a description `]` ends it and `:` ends the part. */
function optionSpec({ name, about, value }: OptionWords): string {
  const text = about.replace(/[\]:[\\]/g, '\\$&');
  return quotePosix(value ? `${name}=[${text}]:${value.name}:${action(value.values)}` : `${name}[${text}]`);
}

function action(values: Values): string {
  switch (values.of) {
    case 'choices':
      return `(${values.choices.join(' ')})`;
    case 'keys':
      return '_claude_keys_names';
    case 'files':
      return '_files';
    case 'variables':
      return '_parameters -g "*export*"';
    case 'anything':
      return ' ';
  }
}
