import { fishCompletion } from '../../shells/completion/fish.ts';
import { quoteFish } from '../../shells/fish.ts';
import { goneWords, heading, type Integration, OWN_VARIABLES } from '../options.ts';
import { fishHook } from './fish-hook.ts';
import { REMIND } from './remind.ts';

/** For fish 3.1 and later. */
export function fishCode(options: Integration): string {
  const { completion, eager, key, wraps, auto, remind } = options;
  const name = key === null ? '' : ` ${quoteFish(key)}`;
  const body = `${FUNCTIONS(options, name)}${wraps.map((command) => WRAPPER(command, name)).join('')}${
    completion === null ? `\n${fishCompletion()}` : LAZY_COMPLETION(completion)
  }${auto ? fishHook(options.allowFile) : ''}${remind ? REMIND.fish(options.reminderFile) : ''}${eager ? `\n__claude_keys_export${name}; or true\n` : ''}`;
  return `${heading('fish', options)}\n${completion === null ? '' : 'status is-interactive; or exit 0\n'}${body}`;
}

const FUNCTIONS = (options: Integration, name: string) => `
function __claude_keys
    if command -q claude-keys
        command claude-keys $argv
    else if ${options.program.map((file) => `test -r ${quoteFish(file)}`).join('; and ')}
        ${options.program.map(quoteFish).join(' ')} $argv
    else
        printf '%s\\n' ${goneWords('fish', options).map(quoteFish).join(' ')} >&2
        return 127
    end
end
if not command -q claude-keys
    function claude-keys
        __claude_keys $argv
    end
end

# What is printed is evaluated out of sight of a trace. What is no assignment (a help text) is shown.
function __claude_keys_export
    set -l fish_trace
    set -l code (__claude_keys export --shell fish $argv)
    set -l result $status
    if string match -q -- 'set -gx *' $code[1]
        string join \\n -- $code | source
        set -l variable (string split -- ' ' $code[1])[3]
        contains -- $variable $__claude_keys_used; or set -g -a __claude_keys_used $variable
    else if string match -q -- 'set -e *' $code[1]
        string join \\n -- $code | source
    else if set -q code[1]
        string join \\n -- $code
    end
    return $result
end

function ckuse --description 'set the variable of a Claude key in this shell'
    if set -q argv[1]
        __claude_keys_export $argv
    else
        __claude_keys_export${name}
    end
end

function ckunuse --description 'unset what ckuse has set'
    set -q __claude_keys_used[1]; or set -g __claude_keys_used ${OWN_VARIABLES}
    for variable in $__claude_keys_used
        set -e -g $variable
    end
    set -e -g __claude_keys_used
    return 0
end
`;

/** The command is found by claude-keys, which knows no functions. */
const WRAPPER = (command: string, name: string) => `
function ${command} --description 'with a Claude key: claude-keys exec'
    __claude_keys exec${name} -- ${command} $argv
end
`;

/** fish looks into the folder at the first TAB. */
const LAZY_COMPLETION = (folder: string) => `
contains -- ${quoteFish(folder)} $fish_complete_path; or set -g -a fish_complete_path ${quoteFish(folder)}
complete -c ckuse -f -a '(__claude_keys completion names 2>/dev/null)' -d key
complete -c ckunuse -f
`;
