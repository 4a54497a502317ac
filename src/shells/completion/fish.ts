import { quoteFish } from '../fish.ts';
import {
  type CommandWords,
  commandWords,
  NAMES_COMMAND,
  type OptionWords,
  PROGRAM_OPTIONS,
  type Values,
} from './words.ts';

/** The functions tell which command the line is for; fish's own look for a word anywhere, and a key may be called `add`. */
export function fishCompletion(): string {
  const commands = commandWords();
  const valued = [
    ...new Set(commands.flatMap(({ options }) => options.filter(({ value }) => value).map(({ name }) => name))),
  ];
  const lines = [
    ...PROGRAM_OPTIONS.map((option) => complete('__claude_keys_at', optionFlags(option))),
    ...commands.flatMap(linesOf),
  ];
  return `# fish completion for claude-keys. Load it now: claude-keys completion fish | source
# For every shell: claude-keys completion fish > ~/.config/fish/completions/claude-keys.fish

# The words before the cursor that are neither options nor their values, up to --.
function __claude_keys_words
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case --
                return
            case ${valued.join(' ')}
                set value yes
            case '-*'
            case '*'
                echo $word
        end
    end
end

# __claude_keys_at [COUNT COMMAND…]: the cursor is behind one of the commands, with COUNT arguments before it (any: -1).
function __claude_keys_at
    contains -- -- (commandline -opc); and return 1
    set -l words (__claude_keys_words)
    if not set -q argv[1]
        test (count $words) -eq 0
        return
    end
    contains -- "$words[1]" $argv[2..-1]; or return 1
    test $argv[1] -eq -1; or test (count $words) -eq (math $argv[1] + 1)
end

function __claude_keys_child
    set -l words (__claude_keys_words)
    test "$words[1]" = exec; and contains -- -- (commandline -opc)
end

# What fish offers for the line behind --.
function __claude_keys_complete_child
    set -l line (commandline -opc) (commandline -ct)
    complete -C (string join -- ' ' (string escape -- $line[(math (contains -i -- -- $line) + 1)..-2]) $line[-1])
end

complete -c claude-keys -e
complete -c claude-keys -f
${lines.join('\n')}
complete -c claude-keys -n __claude_keys_child -a '(__claude_keys_complete_child)'
`;
}

function linesOf({ name, aliases, about, args, options, child }: CommandWords): string[] {
  const names = [name, ...aliases];
  return [
    ...names.map((each) => complete('__claude_keys_at', `-a ${each} -d ${quoteFish(about)}`)),
    ...options.map((option) => complete(`__claude_keys_at -1 ${names.join(' ')}`, optionFlags(option))),
    ...args.flatMap((arg, index) => {
      const flags = valueFlags(arg.values);
      return flags ? [complete(`__claude_keys_at ${arg.many ? -1 : index} ${names.join(' ')}`, flags)] : [];
    }),
    ...(child ? [complete(`__claude_keys_at -1 ${name}`, "-a '--' -d 'the command and its arguments'")] : []),
  ];
}

function complete(condition: string, flags: string): string {
  return `complete -c claude-keys -n '${condition}' ${flags}`;
}

function optionFlags({ name, about, value }: OptionWords): string {
  const flags = `-l ${name.slice(2)} -d ${quoteFish(about)}`;
  return value
    ? `${flags} ${value.values.of === 'files' ? '-r -F' : `-x ${valueFlags(value.values)}`}`.trimEnd()
    : flags;
}

function valueFlags(values: Values): string {
  switch (values.of) {
    case 'choices':
      return `-a ${quoteFish(values.choices.join(' '))}`;
    case 'keys':
      return `-a '(${NAMES_COMMAND})' -d key`;
    case 'variables':
      return "-a '(set -nx)'";
    case 'files':
      return '-F';
    case 'anything':
      return '';
  }
}
