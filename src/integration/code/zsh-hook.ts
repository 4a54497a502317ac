import { quotePosix } from '../../shells/posix.ts';

/**
 * Follows `.claude-keys` at each prompt and each change of folder. Up to the moment in which the folder's binding
 * changes only builtins run: no process, no store. `$(<file)` is read by zsh itself.
 */
export function zshHook(allowFile: string): string {
  return `
function __claude_keys_hook {
  emulate -L zsh
  local folder name= allowed= state=
  if [[ $PWD != "\${__claude_keys_pwd-}" ]]; then
    typeset -g __claude_keys_pwd=$PWD __claude_keys_here=\${PWD:A}
  fi
  folder=$__claude_keys_here
  if [[ $folder == /* ]]; then
    while :; do
      folder=\${folder%/}
      if [[ -f $folder/.claude-keys && -r $folder/.claude-keys ]]; then
        name=
        read -r -u 0 -k 80 name 2>/dev/null <"$folder/.claude-keys"
        name=\${name%%$'\\n'*}
        name=\${name#$'\\xef\\xbb\\xbf'}
        name=\${name#$'\\ufeff'}
        while [[ $name == [[:space:]]* ]]; do name=\${name#?}; done
        while [[ $name == *[[:space:]] ]]; do name=\${name%?}; done
        if [[ -n $name ]]; then break; fi
      fi
      if [[ -z $folder ]]; then break; fi
      folder=\${folder%/*}
    done
  fi
  if [[ -n $name ]]; then
    folder=\${folder:-/}
    if __claude_keys_allowed "$folder" "$name"; then allowed=yes; fi
    state=$allowed:$name:$folder
  fi
  if [[ $state == "\${__claude_keys_state-}" ]]; then return 0; fi
  typeset -g __claude_keys_state=$state
  __claude_keys_leave
  if [[ -n $allowed ]]; then
    __claude_keys_enter "$name"
  elif [[ -n $name ]]; then
    __claude_keys_tell "$folder" "$name"
  fi
  return 0
}

# The list has lines "folder TAB name". A folder with such characters in its name is not in it.
function __claude_keys_allowed {
  emulate -L zsh
  local list=\${CLAUDE_KEYS_HOME:+$CLAUDE_KEYS_HOME/allowed}
  list=\${list:-${quotePosix(allowFile)}}
  if [[ $1$2 == *[[:cntrl:]]* || ! -r $list ]]; then return 1; fi
  [[ $'\\n'"$(<$list)"$'\\n' == *$'\\n'"$1"$'\\t'"$2"$'\\n'* ]]
}

function __claude_keys_enter {
  emulate -L zsh
  setopt no_xtrace no_aliases
  local code= variable= result=0
  code=$(__claude_keys export "$1" --shell zsh) || result=$?
  if [[ $code == 'export '* ]]; then
    variable=\${code#export }
    variable=\${variable%%=*}
    # Not exported, even where everything is (set -a).
    typeset -g +x __claude_keys_had=\${(P)variable+yes} __claude_keys_before=\${(P)variable-}
    eval "$code"
    typeset -g +x __claude_keys_set=$variable __claude_keys_value=\${(P)variable}
    typeset -gx CLAUDE_KEYS_AUTO=$variable:\${__claude_keys_value[-4,-1]}
  fi
  return "$result"
}

# Puts back what was there, unless the user has set or unset the variable since.
function __claude_keys_leave {
  emulate -L zsh
  setopt no_xtrace
  local variable=\${__claude_keys_set-}
  if [[ -z $variable ]]; then return 0; fi
  if [[ \${(P)variable-} == "$__claude_keys_value" ]]; then
    if [[ -n $__claude_keys_had ]]; then export "$variable=$__claude_keys_before"; else unset "$variable"; fi
  fi
  unset __claude_keys_set __claude_keys_had __claude_keys_before __claude_keys_value CLAUDE_KEYS_AUTO
}

# What the hook of another shell has set, in which this one was started (by tmux, an editor), is no value of the user's.
function __claude_keys_inherit {
  emulate -L zsh
  setopt no_xtrace
  local variable=\${CLAUDE_KEYS_AUTO%%:*} end=\${CLAUDE_KEYS_AUTO#*:}
  if [[ -z $variable || $variable == [0-9]* || $variable == *[^A-Za-z0-9_]* || \${#end} != 4 ]]; then return 0; fi
  if [[ \${(P)variable-} == *"$end" ]]; then
    typeset -g +x __claude_keys_set=$variable __claude_keys_had= __claude_keys_before= __claude_keys_value=\${(P)variable}
    typeset -g __claude_keys_state=inherited
  fi
}
if [[ -n \${CLAUDE_KEYS_AUTO-} && -z \${__claude_keys_set-} ]]; then __claude_keys_inherit; fi

function __claude_keys_tell {
  emulate -L zsh
  if [[ \${__claude_keys_told-} == *$'\\n'"$1"$'\\t'"$2"$'\\n'* ]]; then return 0; fi
  typeset -g __claude_keys_told="\${__claude_keys_told-}"$'\\n'"$1"$'\\t'"$2"$'\\n'
  print -r -u 2 -- "claude-keys: \${(q+)1} asks for the key \${(q+)2}; to let it have that key: claude-keys allow"
}

typeset -ga precmd_functions chpwd_functions
if ((\${precmd_functions[(Ie)__claude_keys_hook]} == 0)); then precmd_functions+=(__claude_keys_hook); fi
if ((\${chpwd_functions[(Ie)__claude_keys_hook]} == 0)); then chpwd_functions+=(__claude_keys_hook); fi
`;
}
