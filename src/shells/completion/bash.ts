import { quotePosix } from '../posix.ts';
import { type CommandWords, commandWords, NAMES_COMMAND, PROGRAM_OPTIONS, type Values } from './words.ts';

/** Written for bash 3.2, which is what macOS has: no associative arrays, no `mapfile`, no `compopt`. */
export function bashCompletion(): string {
  const commands = commandWords();
  return `# bash completion for claude-keys. Load it now: source <(claude-keys completion bash)
# For every shell: claude-keys completion bash > ~/.local/share/bash-completion/completions/claude-keys

_claude_keys_offer() {
  case $1 in
    keys) COMPREPLY=($(compgen -W "$(${NAMES_COMMAND})" -- "$cur")) ;;
    variables) COMPREPLY=($(compgen -A export -- "$cur")) ;;
    choices) COMPREPLY=($(compgen -W "$2" -- "$cur")) ;;
    files)
      local IFS=$'\\n'
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$cur"))
      ;;
  esac
}

_claude_keys() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command= option= word i given=0
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    # bash splits \`--env=x\` into three words.
    if [[ -n $option && $word == = ]]; then continue; fi
    if [[ -n $option ]]; then option=; continue; fi
    case $word in
      --)
        if [[ $command == exec ]]; then _claude_keys_child $((i + 1)); fi
        return
        ;;
      -*)
        case "$command $word" in
          ${alternatives(commands.flatMap((command) => withValue(command)))}) option=$word ;;
        esac
        ;;
      *) if [[ -z $command ]]; then command=$word; else ((given++)); fi ;;
    esac
  done
  if [[ $cur == = ]]; then cur=; fi
  case $command in
${commands.flatMap((command) => command.aliases.map((alias) => `    ${alias}) command=${command.name} ;;`)).join('\n')}
  esac
  if [[ -n $option ]]; then
    case "$command $option" in
${commands.flatMap(optionCases).join('\n')}
    esac
  elif [[ $cur == -* ]]; then
    case $command in
      '') _claude_keys_offer choices ${quotePosix(PROGRAM_OPTIONS.map(({ name }) => name).join(' '))} ;;
${commands.map(optionsOf).join('\n')}
    esac
  elif [[ -z $command ]]; then
    _claude_keys_offer choices ${quotePosix(commands.flatMap(({ name, aliases }) => [name, ...aliases]).join(' '))}
  else
    case "$command $given" in
${commands.flatMap(argumentCases).join('\n')}
    esac
  fi
}

_claude_keys_child() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif ((COMP_CWORD == $1)); then
    COMPREPLY=($(compgen -c -- "$cur"))
  else
    _claude_keys_offer files
  fi
}

complete -F _claude_keys claude-keys
`;
}

/** The command's options that take a value, under each of its names: `add --env`. */
function withValue({ name, aliases, options }: CommandWords): string[] {
  return [name, ...aliases].flatMap((each) =>
    options.filter(({ value }) => value).map((option) => `${each} ${option.name}`),
  );
}

function alternatives(words: readonly string[]): string {
  return words.map(quotePosix).join(' | ');
}

function optionCases({ name, options }: CommandWords): string[] {
  return options.flatMap((option) => (option.value ? offer(`${name} ${option.name}`, option.value.values) : []));
}

function optionsOf({ name, options, child }: CommandWords): string {
  const words = [...options.map((option) => option.name), ...(child ? ['--'] : [])];
  return `      ${name}) _claude_keys_offer choices ${quotePosix(words.join(' '))} ;;`;
}

function argumentCases({ name, args }: CommandWords): string[] {
  return args.flatMap((arg, index) => offer(`${name} ${index}`, arg.values, arg.many));
}

function offer(place: string, values: Values, many = false): string[] {
  const pattern = many ? `${quotePosix(`${place.split(' ')[0]} `)}*` : quotePosix(place);
  if (values.of === 'anything') return [];
  const choices = values.of === 'choices' ? ` ${quotePosix(values.choices.join(' '))}` : '';
  return [`      ${pattern}) _claude_keys_offer ${values.of}${choices} ;;`];
}
