import { join } from 'node:path';
import type { Context } from '../context.ts';
import { quoted } from '../doctor/check.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { readIfThere } from '../files/replace.ts';
import { type Change, changes } from '../integration/changes.ts';
import { diffOf } from '../integration/diff.ts';
import type { Wishes } from '../integration/options.ts';
import { bashLoginFile, type InstalledShell, profilesOf } from '../integration/places.ts';

type Action = 'install' | 'uninstall';

/** What was done, as JSON. */
export function viewOf(ctx: Context, shell: InstalledShell, action: Action, done: readonly Change[]): ExitCode {
  ctx.ui.document({ shell, action, changed: done.some(changes), files: done.map(toFile) });
  return EXIT.ok;
}

/** What would be done: for profiles as a diff, for the files that are made by name. */
export function reportDryRun(
  ctx: Context,
  shell: InstalledShell,
  action: Action,
  planned: readonly Change[],
): ExitCode {
  const changed = planned.some(changes);
  if (ctx.ui.json) {
    const files = planned.map((change) => ({
      ...toFile(change),
      diff: change.profile === undefined ? null : diffOf(change.path, change.before, change.after),
    }));
    ctx.ui.document({ shell, action, dryRun: true, changed, files });
    return EXIT.ok;
  }
  for (const change of planned.filter(changes)) {
    if (change.profile !== undefined) ctx.ui.data(diffOf(change.path, change.before, change.after));
    else ctx.ui.note(`${change.after === null ? 'would remove' : 'would write'} ${change.path}`);
  }
  ctx.ui.done(changed ? 'nothing was changed' : 'nothing would change');
  return EXIT.ok;
}

function toFile(change: Change) {
  const { path, before, after, profile } = change;
  const what = before === null ? 'created' : after === null ? 'removed' : 'changed';
  return { path, kind: profile === undefined ? 'generated' : 'profile', change: changes(change) ? what : 'none' };
}

/** What the user has now, a line each. */
export function describeInstalled(
  shell: InstalledShell,
  { key, eager, auto, remind, wraps }: Wishes,
  done: readonly Change[],
  inThisShell: string,
): string[] {
  const profiles = done.filter(({ profile }) => profile !== undefined).map(({ path }) => path);
  if (!done.some(changes)) return [`${shell} has it already (${profiles.join(', ')}); nothing was changed`];
  return [
    `${shell} is set up: ${profiles.join(', ')} loads it. New shells have it; this one with:  ${inThisShell}`,
    `  ckuse [name]       sets the variable of ${key ?? 'the key that is meant'} in the shell; ckunuse unsets it`,
    ...wraps.map((command) => `  ${command.padEnd(18)} runs with the key; the shell itself does not have it`),
    ...(auto ? ['  claude-keys allow  in a folder with .claude-keys: the shell then follows it'] : []),
    ...(remind
      ? ['  What is due is shown once a day, when a shell starts; rotate --due and remind --cache note it.']
      : []),
    ...(eager ? ['  Each new shell asks for the key when it starts, and everything run from it has the key.'] : []),
  ];
}

/** Where `.zshenv` moves zsh's files, only a zsh that exports it tells. */
function movedNote({ env, home }: Context): string | null {
  if (env['ZDOTDIR'] || !readIfThere(join(home, '.zshenv'))?.includes('ZDOTDIR=')) return null;
  return '~/.zshenv sets ZDOTDIR, which is not set here: zsh reads .zshrc there; for that: ZDOTDIR=FOLDER claude-keys shell install zsh';
}

/** What is to be known beside what was done; null when nothing is. */
export function noteFor(ctx: Context, shell: InstalledShell): string | null {
  if (shell === 'bash') return loginNote(ctx);
  return shell === 'zsh' ? movedNote(ctx) : null;
}

/** On Linux a login shell (ssh, tmux) reads another file, which does not always read `.bashrc`. */
function loginNote(ctx: Context): string | null {
  const login = bashLoginFile(ctx);
  const [profile] = profilesOf(ctx, 'bash');
  if (profile === login) return null;
  if (login !== null && readIfThere(login)?.includes('bashrc')) return null;
  const file = login ?? '~/.bash_profile';
  return `login shells (ssh, tmux) read ${file} and not .bashrc; for those: echo '. ~/.bashrc' >> ${login === null ? file : quoted(file)}`;
}
