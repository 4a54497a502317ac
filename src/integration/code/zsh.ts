import { zshCompletion } from '../../shells/completion/zsh.ts';
import { quotePosix } from '../../shells/posix.ts';
import { heading, type Integration, OWN_VARIABLES } from '../options.ts';
import { ownProgram } from './own-program.ts';
import { REMIND } from './remind.ts';
import { zshHook } from './zsh-hook.ts';

/** Aliases are switched off while it is read, as for bash; in every function zsh's own options hold. */
export function zshCode(options: Integration): string {
  const { completion, eager, key, wraps, auto, remind } = options;
  const name = key === null ? '' : ` ${quotePosix(key)}`;
  const body = `${FUNCTIONS(options, name)}${wraps.map((command) => `__claude_keys_wrap ${quotePosix(command)}\n`).join('')}${
    completion === null ? INLINE_COMPLETION() : LAZY_COMPLETION(completion)
  }${auto ? zshHook(options.allowFile) : ''}${remind ? REMIND.zsh(options.reminderFile) : ''}${eager ? `\n__claude_keys_export${name} || :\n` : ''}`;
  return completion === null
    ? `${heading('zsh', options)}\n${body}`
    : `${heading('zsh', options)}\n${OPENING}\n${body}\n${CLOSING}`;
}

const OPENING = `if [[ ! -o interactive ]]; then \\return 0; fi
\\typeset -g __claude_keys_aliases=
if [[ -o aliases ]]; then __claude_keys_aliases=yes; fi
\\unsetopt aliases`;

const CLOSING = `if [[ -n $__claude_keys_aliases ]]; then setopt aliases; fi
\\unset __claude_keys_aliases
`;

const FUNCTIONS = (options: Integration, name: string) => `
${ownProgram('zsh', 'whence -p', options)}
if ! whence -p claude-keys >/dev/null; then
  function claude-keys { __claude_keys "$@"; }
fi

# What is printed is evaluated out of sight of a trace (set -x). What is no assignment (a help text) is shown.
function __claude_keys_export {
  emulate -L zsh
  setopt no_xtrace no_aliases
  local code= variable= result=0
  code=$(__claude_keys export --shell zsh "$@") || result=$?
  if [[ $code == 'export '* ]]; then
    eval "$code"
    variable=\${code#export }
    typeset -gaU __claude_keys_used
    __claude_keys_used+=("\${variable%%=*}")
  elif [[ $code == 'unset '* ]]; then
    eval "$code"
  elif [[ -n $code ]]; then
    print -r -- "$code"
  fi
  return "$result"
}

function ckuse {
  if (($#)); then __claude_keys_export "$@"; else __claude_keys_export${name}; fi
}

function ckunuse {
  emulate -L zsh
  typeset -ga __claude_keys_used
  if ((! $#__claude_keys_used)); then __claude_keys_used=(${OWN_VARIABLES}); fi
  unset $__claude_keys_used
  __claude_keys_used=()
}

# An alias that names the program by its path would go past the function: its words are run in its place.
function __claude_keys_wrap {
  emulate -L zsh
  setopt no_aliases
  local words=$1
  if [[ \${aliases[$1]-} =~ '^[A-Za-z0-9_.~/-]*/[A-Za-z0-9_.~/:@%+,= -]*$' ]]; then
    words=\${aliases[$1]}
    unalias "$1"
  fi
  eval "function $1 { __claude_keys exec${name} -- $words \\"\\$@\\"; }"
}
`;

/** Where compinit has run, the function is loaded at the first TAB; where it runs later, it finds the folder. */
const LAZY_COMPLETION = (folder: string) => `
function __claude_keys_fpath {
  emulate -L zsh
  if ((\${fpath[(Ie)$1]} == 0)); then fpath+=("$1"); fi
}
__claude_keys_fpath ${quotePosix(folder)}
function __claude_keys_names {
  local -a names=(\${(f)"$(__claude_keys completion names 2>/dev/null)"})
  compadd -a names
}
if (($+functions[compdef])); then
  autoload -Uz _claude-keys
  compdef _claude-keys claude-keys
  compdef __claude_keys_names ckuse
fi
`;

const INLINE_COMPLETION = () => `
if (($+functions[compdef])); then
${zshCompletion()}fi
`;
