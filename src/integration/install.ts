import type { Context } from '../context.ts';
import { bashCompletion } from '../shells/completion/bash.ts';
import { fishCompletion } from '../shells/completion/fish.ts';
import { powershellCompletion } from '../shells/completion/powershell.ts';
import { zshCompletion } from '../shells/completion/zsh.ts';
import { SHELLS } from '../shells/index.ts';
import { type Profile, withBlock, withoutBlock } from './block.ts';
import { type Change, ownChange, profileChange } from './changes.ts';
import { CODE } from './code/index.ts';
import { commandLine, integrationOf, MADE_BY, type Wishes } from './options.ts';
import { generatedFiles, type InstalledShell, possibleProfiles, profilesOf, sourcingLine } from './places.ts';

const COMPLETION: { readonly [S in InstalledShell]: () => string } = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
  powershell: powershellCompletion,
};

/**
 * What `shell install` changes, in the order in which it is to be done: whenever it is cut off, a profile names only
 * what is there.
 * @throws {UserError} `bad_settings`, `write_failed` for a profile that cannot take the block; nothing is changed then.
 */
export function installing(ctx: Context, shell: InstalledShell, wishes: Wishes): Change[] {
  const { code, completion, completionPlace } = generatedFiles(ctx, shell);
  const line = sourcingLine(ctx, shell, code);
  const byHand = `where the file comes from, put this into it: ${evaluating(shell, wishes)}`;
  const edit = (path: string) => (before: Profile) => withBlock(path, before, line, lineEndOf(shell, before));
  const profiles = profilesOf(ctx, shell).map((path) => profileChange(path, edit(path), byHand));
  return [
    ownChange(completion, COMPLETION[shell]()),
    ownChange(code, CODE[shell](integrationOf(ctx, wishes, completionPlace))),
    ...profiles,
  ];
}

/** The line for a profile that only its owner changes: nothing else has to be on the machine. */
function evaluating(shell: InstalledShell, wishes: Wishes): string {
  const command = commandLine('init', shell, wishes);
  // Line by line, as it comes, it would be evaluated by PowerShell.
  return SHELLS[shell].evaluate(shell === 'powershell' ? `${command} | Out-String` : command);
}

/** What `shell uninstall` changes, likewise. @throws {UserError} as {@link installing} */
export function uninstalling(ctx: Context, shell: InstalledShell): Change[] {
  const { code, completion } = generatedFiles(ctx, shell);
  const byHand = 'take the block of claude-keys out by hand';
  const edit = (path: string) => (before: Profile) => withoutBlock(path, before);
  return [
    ...possibleProfiles(ctx, shell).map((path) => profileChange(path, edit(path), byHand)),
    ownChange(code, null),
    ownChange(completion, null),
  ];
}

/** The command that made what is installed now; null when nothing is. */
export function madeBy({ before }: Change): string | null {
  const line = before
    ?.toString('utf8')
    .split('\n', 3)
    .find((each) => each.startsWith(MADE_BY));
  return line?.slice(MADE_BY.length) ?? null;
}

/** The Bourne shells and fish take a CR for a part of the last word, whatever the rest of the profile does. */
function lineEndOf(shell: InstalledShell, before: Profile): '\n' | '\r\n' {
  return shell === 'powershell' && before?.includes('\r\n') ? '\r\n' : '\n';
}
