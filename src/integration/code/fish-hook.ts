import { quoteFish } from '../../shells/fish.ts';

/**
 * Follows `.claude-keys` at each prompt and each change of folder. Up to the moment in which the folder's binding
 * changes only builtins run, which fish runs in its own process, also in `(…)`: no process, no store.
 */
export function fishHook(allowFile: string): string {
  return `
function __claude_keys_hook --on-variable PWD --on-event fish_prompt
    status is-command-substitution; and return
    if test "$PWD" != "$__claude_keys_pwd"
        set -g __claude_keys_pwd $PWD
        __claude_keys_locate
    end
    # As it is read: to take it apart takes longer than to see that it is what it was.
    set -l raw
    set -l folder
    for folder_above in $__claude_keys_folders
        if test -f "$folder_above/.claude-keys" -a -r "$folder_above/.claude-keys"
            set -l line
            read -n 80 line <"$folder_above/.claude-keys"
            if string match -q -r '[^ \\t\\r\\v\\f\\x{feff}]' -- "$line"
                set raw $line
                set folder $folder_above/
                break
            end
        end
    end
    set -l list ${quoteFish(allowFile)}
    test -n "$CLAUDE_KEYS_HOME"; and set list $CLAUDE_KEYS_HOME/allowed
    set -l all
    test -n "$folder" -a -r "$list"; and read -z all <"$list"
    set -l seen "$folder:$raw:$all"
    test "$seen" = "$__claude_keys_seen"; and return
    set -g __claude_keys_seen $seen
    __claude_keys_follow "$folder" "$raw" "$all"
end

# This folder and those above, the nearest first, each without its last slash.
function __claude_keys_locate
    set -g __claude_keys_folders
    set -l folder (string replace -r '/$' '' -- (builtin pwd -P | string collect) | string collect)
    while test -n "$folder"
        set -a __claude_keys_folders $folder
        set folder (string replace -r '/[^/]*$' '' -- $folder | string collect)
    end
    set -a __claude_keys_folders ''
end

# The list has lines "folder TAB name". A folder with such characters in its name is not in it.
function __claude_keys_follow
    set -l folder (string replace -r '(.)/$' '$1' -- $argv[1] | string collect)
    set -l name (string trim -c ' '\\t\\r\\v\\f\\ufeff -- $argv[2] | string collect)
    set -l allowed
    set -l state
    if test -n "$name"
        if not string match -q -r '[[:cntrl:]]' -- "$folder$name"
            contains -- $folder\\t$name (string split -- \\n $argv[3]); and set allowed yes
        end
        set state "$allowed:$name:$folder"
    end
    test "$state" = "$__claude_keys_state"; and return
    set -g __claude_keys_state $state
    __claude_keys_leave
    if test -n "$allowed"
        __claude_keys_enter $name
    else if test -n "$name"
        __claude_keys_tell $folder $name
    end
end

function __claude_keys_enter
    set -l fish_trace
    set -l code (__claude_keys export $argv[1] --shell fish)
    if string match -q -- 'set -gx *' $code[1]
        set -l variable (string split -- ' ' $code[1])[3]
        set -e -g __claude_keys_before
        set -q $variable; and set -g __claude_keys_before $$variable
        string join \\n -- $code | source
        set -g __claude_keys_set $variable
        set -g __claude_keys_value $$variable
        set -gx CLAUDE_KEYS_AUTO $variable:(string sub -s -4 -- $$variable)
    end
end

# Puts back what was there, unless the user has set or unset the variable since.
function __claude_keys_leave
    set -q __claude_keys_set[1]; or return 0
    set -l fish_trace
    set -l variable $__claude_keys_set
    if test "$$variable" = "$__claude_keys_value"
        if set -q __claude_keys_before
            set -gx $variable $__claude_keys_before
        else
            set -e -g $variable
        end
    end
    set -e -g __claude_keys_set
    set -e -g __claude_keys_before
    set -e -g __claude_keys_value
    set -e -g CLAUDE_KEYS_AUTO
end

# What the hook of another shell has set, in which this one was started (by tmux, an editor), is no value of the user's.
function __claude_keys_inherit
    set -l fish_trace
    set -l marker (string match -r '^([A-Za-z_][A-Za-z0-9_]*):(.{4})$' -- $CLAUDE_KEYS_AUTO)
    set -q marker[3]; or return 0
    set -l variable $marker[2]
    if test (string sub -s -4 -- "$$variable" | string collect) = $marker[3]
        set -g __claude_keys_set $variable
        set -g __claude_keys_value $$variable
        set -g __claude_keys_state inherited
    end
    return 0
end
set -q CLAUDE_KEYS_AUTO[1]; and not set -q __claude_keys_set[1]; and __claude_keys_inherit

function __claude_keys_tell
    contains -- $argv[1]\\t$argv[2] $__claude_keys_told; and return
    set -g -a __claude_keys_told $argv[1]\\t$argv[2]
    set -l words (string escape -- $argv[1] $argv[2])
    echo "claude-keys: $words[1] asks for the key $words[2]; to let it have that key: claude-keys allow" >&2
end
`;
}
