import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { quoteFish } from '../shells/fish.ts';
import { quotePosix } from '../shells/posix.ts';
import { quotePowershell } from '../shells/powershell.ts';

/** The shells that a block can be put into; nushell reads no file whose name it does not know beforehand. */
export const INSTALLED_SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type InstalledShell = (typeof INSTALLED_SHELLS)[number];

/** What `install` makes for a shell, beside the block in its profile. */
export interface Generated {
  /** The one file that the block sources. */
  readonly code: string;
  /** What is read at the first TAB. */
  readonly completion: string;
  /** How the code names it ({@link Integration.completion}). */
  readonly completionPlace: string;
}

export function generatedFiles({ paths }: Context, shell: InstalledShell): Generated {
  const folder = join(paths.data, 'shell');
  switch (shell) {
    case 'bash': {
      const completion = join(folder, 'completion.bash');
      return { code: join(folder, 'claude-keys.bash'), completion, completionPlace: completion };
    }
    case 'zsh': {
      const place = join(folder, 'zsh');
      return { code: join(folder, 'claude-keys.zsh'), completion: join(place, '_claude-keys'), completionPlace: place };
    }
    case 'fish': {
      const place = join(folder, 'fish');
      return {
        code: join(folder, 'claude-keys.fish'),
        completion: join(place, 'claude-keys.fish'),
        completionPlace: place,
      };
    }
    case 'powershell': {
      const completion = join(folder, 'completion.ps1');
      return { code: join(folder, 'claude-keys.ps1'), completion, completionPlace: completion };
    }
  }
}

/** The profile that an interactive shell reads: on Windows one for each PowerShell that is there. */
export function profilesOf(ctx: Context, shell: InstalledShell): string[] {
  const { env, home } = ctx;
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  switch (shell) {
    case 'bash':
      return [bashProfile(ctx)];
    case 'zsh':
      return [join(env['ZDOTDIR'] || home, '.zshrc')];
    case 'fish':
      return [join(config, 'fish', 'config.fish')];
    case 'powershell':
      return powershellFolders(ctx, config).map((folder) => join(folder, 'profile.ps1'));
  }
}

/** Every profile that a block may be in: of this shell as it is set up now, or was before. */
export function possibleProfiles(ctx: Context, shell: InstalledShell): string[] {
  const others = {
    bash: ['.bashrc', ...LOGIN_FILES].map((name) => join(ctx.home, name)),
    zsh: [join(ctx.home, '.zshrc')],
    fish: [],
    powershell: [],
  };
  return [...new Set([...profilesOf(ctx, shell), ...others[shell]])];
}

/** What bash reads in a login shell: the first of these that is there. */
const LOGIN_FILES = ['.bash_profile', '.bash_login', '.profile'];

export function bashLoginFile({ home }: Context): string | null {
  return LOGIN_FILES.map((name) => join(home, name)).find((path) => existsSync(path)) ?? null;
}

/** On macOS every terminal starts a login shell, which does not read `.bashrc`. */
function bashProfile(ctx: Context): string {
  if (ctx.platform !== 'darwin') return join(ctx.home, '.bashrc');
  return bashLoginFile(ctx) ?? join(ctx.home, '.bash_profile');
}

function powershellFolders({ platform, env, home }: Context, config: string): string[] {
  if (platform !== 'win32') return [join(config, 'powershell')];
  const roots = [env['OneDrive'], env['USERPROFILE'] || home].filter((root) => root !== undefined);
  const folders = roots.flatMap((root) =>
    ['PowerShell', 'WindowsPowerShell'].map((name) => join(root, 'Documents', name)),
  );
  const there = folders.filter((folder) => existsSync(folder));
  return there.length > 0 ? there : [join(env['USERPROFILE'] || home, 'Documents', 'PowerShell')];
}

/** What a person types to have it in the shell that runs. */
export function loadingLine(shell: InstalledShell, file: string): string {
  const quote = { bash: quotePosix, zsh: quotePosix, fish: quoteFish, powershell: quotePowershell }[shell];
  const path = /^[\w./@%+-]+$/.test(file) ? file : quote(file);
  return shell === 'powershell' ? `. ${path}` : `source ${path}`;
}

/** The line of the block. On a machine where the file is not (shared dotfiles), it does nothing. */
export function sourcingLine(ctx: Context, shell: InstalledShell, file: string): string {
  const inHome = file.startsWith(`${ctx.home}/`) && ctx.home !== '/' ? file.slice(ctx.home.length) : null;
  switch (shell) {
    case 'bash':
    case 'zsh': {
      const path = inHome === null ? quotePosix(file) : `"$HOME"${quotePosix(inHome)}`;
      return `if [ -r ${path} ]; then . ${path}; fi`;
    }
    case 'fish': {
      const path = inHome === null ? quoteFish(file) : `$HOME${quoteFish(inHome)}`;
      return `if test -r ${path}; source ${path}; end`;
    }
    case 'powershell': {
      const path = inHome === null ? quotePowershell(file) : `($HOME + ${quotePowershell(inHome)})`;
      return `if (Test-Path -LiteralPath ${path}) { . ${path} }`;
    }
  }
}
