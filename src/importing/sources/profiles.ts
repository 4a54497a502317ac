import { join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Candidate } from '../places.ts';
import { filesIn } from './folder.ts';

const IN_HOME = [
  // bash reads the first of its three login files; the others may hold a key all the same.
  ...['.bashrc', '.bash_profile', '.bash_login', '.bash_aliases', '.bash_logout', '.profile'],
  ...['.kshrc', '.mkshrc', '.cshrc', '.tcshrc', '.login', '.xonshrc', '.xprofile', '.xsessionrc', '.pam_environment'],
  // Names that dotfiles repositories give to what their profiles source.
  ...['.aliases', '.exports', '.extra', '.secrets'],
];
const OF_ZSH = ['.zshenv', '.zprofile', '.zshrc', '.zlogin', '.zlogout', '.zsh_aliases'];
/** Looked into, but not rewritten. */
const OTHERS = ['nushell/config.nu', 'nushell/env.nu', 'elvish/rc.elv', 'xonsh/rc.xsh'];
const OF_POWERSHELL = ['profile.ps1', 'Microsoft.PowerShell_profile.ps1', 'Microsoft.VSCode_profile.ps1'];

/** The files that shells read at their start, whether they are there or not. */
export function profiles(ctx: Context): Candidate[] {
  const { env, home } = ctx;
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const fish = join(config, 'fish');
  const paths = [
    ...IN_HOME.map((name) => join(home, name)),
    ...[env['ENV'], env['BASH_ENV']].filter((path) => path?.startsWith('/')).map(String),
    ...[...new Set([env['ZDOTDIR'] || home, home])].flatMap((folder) => OF_ZSH.map((name) => join(folder, name))),
    ...filesIn(env['ZSH_CUSTOM'] || join(env['ZSH'] || join(home, '.oh-my-zsh'), 'custom'), /\.zsh$/),
    join(fish, 'config.fish'),
    ...filesIn(join(fish, 'conf.d'), /\.fish$/),
    join(fish, 'fish_variables'),
    ...OTHERS.map((path) => join(config, path)),
    ...powershellFolders(ctx, config).flatMap((folder) => OF_POWERSHELL.map((name) => join(folder, name))),
  ];
  const environment = filesIn(join(config, 'environment.d'), /\.conf$/);
  return [...paths, ...environment].map((path) => ({ source: 'profile', path, asked: false }));
}

function powershellFolders({ platform, env, home }: Context, config: string): string[] {
  if (platform !== 'win32') return [join(config, 'powershell')];
  const documents = [env['OneDrive'], env['USERPROFILE'] || home].filter((folder) => folder !== undefined);
  return documents.flatMap((folder) =>
    ['PowerShell', 'WindowsPowerShell'].map((name) => join(folder, 'Documents', name)),
  );
}
