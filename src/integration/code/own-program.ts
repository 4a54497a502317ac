import { quotePosix } from '../../shells/posix.ts';
import { goneWords, type Integration } from '../options.ts';

/**
 * The function that runs claude-keys, in bash and zsh: by its name, else by where it was installed, else it says what to do.
 * @param look how the shell looks a program up in PATH
 */
export function ownProgram(shell: 'bash' | 'zsh', look: string, options: Integration): string {
  return `function __claude_keys {
  if ${look} claude-keys >/dev/null; then
    command claude-keys "$@"
  elif ${options.program.map((file) => `[[ -r ${quotePosix(file)} ]]`).join(' && ')}; then
    ${options.program.map(quotePosix).join(' ')} "$@"
  else
    printf '%s\\n' ${goneWords(shell, options).map(quotePosix).join(' ')} >&2
    return 127
  fi
}`;
}
