import type { HookName } from './index.ts';

export const BEGIN = '# claude-keys hook: begin';
export const END = '# claude-keys hook: end';

/** What each hook asks, and what it says when the answer is no. */
const CALLS: Readonly<Record<HookName, string>> = {
  'pre-commit': 'scan --staged --min-confidence medium',
  'pre-push': 'scan --push --min-confidence medium',
};

/**
 * Lines for a POSIX shell that stop the hook when a key is found, or when it could not be looked.
 * @param program the command, quoted for a shell
 */
export function blockFor(name: HookName, program: string): string {
  const input = name === 'pre-push' ? 'claude_keys_lines=$(cat)\n' : '';
  const call = `${program} ${CALLS[name]}`;
  const feed = name === 'pre-push' ? `printf '%s\\n' "$claude_keys_lines" | ` : '';
  return `${BEGIN}
${input}${feed}${call} >&2 || {
  echo "claude-keys: stopped this ${name.slice(4)}; to do it all the same: git ${name.slice(4)} --no-verify" >&2
  exit 1
}
${END}
`;
}

/** The lines of ours in a script, with the line ends around them; null when there are none. */
export function blockIn(script: string): { readonly start: number; readonly end: number } | null {
  const start = script.indexOf(BEGIN);
  const last = script.indexOf(`${END}\n`, start);
  return start < 0 || last < 0 ? null : { start, end: last + END.length + 1 };
}
