import { quotePosix } from '../../shells/posix.ts';

/**
 * Follows `.claude-keys` from the prompt. Up to the moment in which the folder's binding changes only builtins run: no
 * process, no store.
 *
 * The folder is the physical one, as for claude-keys itself; bash tells it only by going there, and back. What stands
 * in a file is compared with the allow list and otherwise only shown, quoted: a repository may hold anything.
 */
export function bashHook(allowFile: string): string {
  return `
function __claude_keys_hook {
  local status=$? folder name= allowed= state= IFS=$' \\t\\n'
  if [ "$PWD" != "\${__claude_keys_pwd-}" ]; then __claude_keys_locate; fi
  folder=$__claude_keys_here
  if [[ $folder == /* ]]; then
    while :; do
      folder=\${folder%/}
      if [[ -f $folder/.claude-keys && -r $folder/.claude-keys ]]; then
        IFS= read -r -n 80 name 2>/dev/null <"$folder/.claude-keys" || :
        name=\${name#$'\\xef\\xbb\\xbf'}
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
  if [ "$state" != "\${__claude_keys_state-}" ]; then
    __claude_keys_state=$state
    __claude_keys_leave
    if [[ -n $allowed ]]; then
      __claude_keys_enter "$name" || :
    elif [[ -n $name ]]; then
      __claude_keys_tell "$folder" "$name"
    fi
  fi
  case $- in *e*) return 0 ;; esac
  return "$status"
}

function __claude_keys_locate {
  local OLDPWD=\${OLDPWD-}
  __claude_keys_pwd=$PWD
  __claude_keys_here=$PWD
  if builtin cd -P . >/dev/null 2>&1; then
    __claude_keys_here=$PWD
    # Back only if that is where we are: the name may mean another folder by now.
    if [ "$__claude_keys_pwd" -ef . ]; then builtin cd -L "$__claude_keys_pwd" >/dev/null 2>&1 || :; fi
  fi
}

# The list has lines "folder TAB name". A folder with such characters in its name is not in it.
function __claude_keys_allowed {
  local list=\${CLAUDE_KEYS_HOME:+$CLAUDE_KEYS_HOME/allowed} all= found=1 anycase=
  list=\${list:-${quotePosix(allowFile)}}
  if [[ $1$2 == *[[:cntrl:]]* || ! -r $list ]]; then return 1; fi
  IFS= read -r -d '' all 2>/dev/null <"$list" || :
  if shopt -q nocasematch; then anycase=yes; shopt -u nocasematch; fi
  if [[ $'\\n'$all == *$'\\n'"$1"$'\\t'"$2"$'\\n'* ]]; then found=0; fi
  if [[ -n $anycase ]]; then shopt -s nocasematch; fi
  return "$found"
}

function __claude_keys_enter {
  local code= variable= result=0 traced=\${-//[^x]/}
  { set +x; } 2>/dev/null
  code=$(__claude_keys export "$1" --shell bash) || result=$?
  if [[ $code == 'export '* ]]; then
    variable=\${code#export }
    variable=\${variable%%=*}
    __claude_keys_had=\${!variable+yes}
    __claude_keys_before=\${!variable-}
    eval "\\\\$code"
    __claude_keys_set=$variable
    __claude_keys_value=\${!variable}
    # Not even where everything is exported (set -a).
    export -n __claude_keys_before __claude_keys_value
    export CLAUDE_KEYS_AUTO=$variable:\${__claude_keys_value: -4}
  fi
  if [[ -n $traced ]]; then set -x; fi
  return "$result"
}

# Puts back what was there, unless the user has set or unset the variable since.
function __claude_keys_leave {
  local variable=\${__claude_keys_set-} traced=\${-//[^x]/}
  if [[ -z $variable ]]; then return 0; fi
  { set +x; } 2>/dev/null
  if [ "\${!variable-}" = "$__claude_keys_value" ]; then
    if [[ -n $__claude_keys_had ]]; then export "$variable=$__claude_keys_before"; else unset -v "$variable"; fi
  fi
  unset -v __claude_keys_set __claude_keys_had __claude_keys_before __claude_keys_value CLAUDE_KEYS_AUTO
  if [[ -n $traced ]]; then set -x; fi
}

# What the hook of another shell has set, in which this one was started (by tmux, an editor), is no value of the user's.
function __claude_keys_inherit {
  local variable=\${CLAUDE_KEYS_AUTO%%:*} end=\${CLAUDE_KEYS_AUTO#*:} traced=\${-//[^x]/}
  if [[ -z $variable || $variable == [0-9]* || $variable == *[!A-Za-z0-9_]* || \${#end} != 4 ]]; then return 0; fi
  { set +x; } 2>/dev/null
  if [[ \${!variable-} == *"$end" ]]; then
    __claude_keys_set=$variable
    __claude_keys_had=
    __claude_keys_before=
    __claude_keys_value=\${!variable}
    export -n __claude_keys_before __claude_keys_value
    __claude_keys_state=inherited
  fi
  if [[ -n $traced ]]; then set -x; fi
}
if [[ -n \${CLAUDE_KEYS_AUTO-} && -z \${__claude_keys_set-} ]]; then __claude_keys_inherit; fi

function __claude_keys_tell {
  if [[ \${__claude_keys_told-} == *$'\\n'"$1"$'\\t'"$2"$'\\n'* ]]; then return 0; fi
  __claude_keys_told="\${__claude_keys_told-}"$'\\n'"$1"$'\\t'"$2"$'\\n'
  printf 'claude-keys: %q asks for the key %q; to let it have that key: claude-keys allow\\n' "$1" "$2" >&2
}

# In front of what is there, so that the prompt shows what holds; in an array it is the first element.
if [[ "\${PROMPT_COMMAND[*]-}" != *__claude_keys_hook* ]]; then
  if ((BASH_VERSINFO[0] > 4)) && [[ \${PROMPT_COMMAND+\${PROMPT_COMMAND@a}} == *r* ]]; then
    printf 'claude-keys: PROMPT_COMMAND is read-only here, so keys do not follow folders\\n' >&2
  else
    PROMPT_COMMAND="__claude_keys_hook
\${PROMPT_COMMAND-}"
  fi
fi
`;
}
