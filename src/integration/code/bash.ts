import { bashCompletion } from '../../shells/completion/bash.ts';
import { quotePosix } from '../../shells/posix.ts';
import { heading, type Integration, OWN_VARIABLES } from '../options.ts';
import { bashHook } from './bash-hook.ts';
import { ownProgram } from './own-program.ts';
import { REMIND } from './remind.ts';

/**
 * For bash 3.2, which is what macOS has, and everything after it. What it does at start-up it does with builtins.
 *
 * Aliases are switched off while it is read: they expand in function bodies and, worse, in function names
 * (`alias claude=…`); before that, a backslash keeps a word from being one. In POSIX mode, where functions may not have
 * such names, nothing is defined.
 */
export function bashCode(options: Integration): string {
  const { completion, eager, key, wraps, auto, remind } = options;
  const name = key === null ? '' : ` ${quotePosix(key)}`;
  const body = `${FUNCTIONS(options, name)}${wraps.map((command) => `__claude_keys_wrap ${quotePosix(command)}\n`).join('')}${
    completion === null ? `\n${bashCompletion()}` : LAZY_COMPLETION(completion)
  }${auto ? bashHook(options.allowFile) : ''}${remind ? REMIND.bash(options.reminderFile) : ''}${eager ? `\n__claude_keys_export${name} || :\n` : ''}`;
  // Evaluated code cannot leave without leaving the file that evaluates it.
  return completion === null
    ? `${heading('bash', options)}\n${body}`
    : `${heading('bash', options)}\n${OPENING}\n${body}\n${CLOSING}`;
}

const OPENING = `case $- in *i*) ;; *) \\return 0 ;; esac
if \\shopt -qo posix; then \\return 0; fi
__claude_keys_aliases=
if \\shopt -q expand_aliases; then __claude_keys_aliases=yes; fi
\\shopt -u expand_aliases`;

const CLOSING = `if [[ -n $__claude_keys_aliases ]]; then shopt -s expand_aliases; fi
\\unset -v __claude_keys_aliases
`;

const FUNCTIONS = (options: Integration, name: string) => `
${ownProgram('bash', 'type -P', options)}
if ! type -P claude-keys >/dev/null; then
  function claude-keys { __claude_keys "$@"; }
fi

# What is printed is evaluated out of sight of a trace (set -x). What is no assignment (a help text) is shown.
function __claude_keys_export {
  local code= variable= result=0 traced=\${-//[^x]/}
  { set +x; } 2>/dev/null
  code=$(__claude_keys export --shell bash "$@") || result=$?
  if [[ $code == 'export '* ]]; then
    eval "\\\\$code"
    variable=\${code#export }
    __claude_keys_used="\${__claude_keys_used-} \${variable%%=*}"
  elif [[ $code == 'unset '* ]]; then
    eval "\\\\$code"
  elif [[ -n $code ]]; then
    printf '%s\\n' "$code"
  fi
  if [[ -n $traced ]]; then set -x; fi
  return "$result"
}

function ckuse {
  if (($#)); then __claude_keys_export "$@"; else __claude_keys_export${name}; fi
}

function ckunuse {
  local variable IFS=' '
  for variable in \${__claude_keys_used:-${OWN_VARIABLES}}; do unset -v "$variable"; done
  __claude_keys_used=
}

# An alias that names the program by its path would go past the function: its words are run in its place.
function __claude_keys_wrap {
  local words=$1
  if ((BASH_VERSINFO[0] > 3)) && [[ \${BASH_ALIASES[$1]-} =~ ^[A-Za-z0-9_.~/-]*/[A-Za-z0-9_.~/:@%+,=\\ -]*$ ]]; then
    words=\${BASH_ALIASES[$1]}
    unalias "$1"
  fi
  eval "function $1 { __claude_keys exec${name} -- $words \\"\\$@\\"; }"
}
`;

/** The script is read at the first TAB, and then answers in place of this. */
const LAZY_COMPLETION = (file: string) => `
function __claude_keys_complete {
  complete -r claude-keys
  if [[ -r ${quotePosix(file)} ]]; then
    . ${quotePosix(file)}
    _claude_keys "$@"
  fi
}
function __claude_keys_names {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$(__claude_keys completion names 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F __claude_keys_complete claude-keys
complete -F __claude_keys_names ckuse
`;
