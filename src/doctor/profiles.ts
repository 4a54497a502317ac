import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { identify } from '../keys/identify.ts';
import { Secret } from '../keys/secret.ts';
import { type Check, type CheckGroup, ok, warn } from './check.ts';
import { knownRegistry } from './known.ts';

const NAME = 'shell profiles';

/** What shells and logins read at their start, below the home folder. */
const PROFILES = [
  ...['.profile', '.bashrc', '.bash_profile', '.bash_login', '.bash_aliases'],
  ...['.zshrc', '.zshenv', '.zprofile', '.zlogin', '.kshrc', '.cshrc', '.tcshrc', '.login', '.xonshrc'],
  ...['.pam_environment', '.xprofile', '.xsessionrc', '.envrc', '.env'],
];
/** Below the folder of configurations; a folder stands for the files in it. */
const CONFIGURED = [
  ...['fish/config.fish', 'fish/conf.d', 'nushell/config.nu', 'nushell/env.nu', 'elvish/rc.elv', 'xonsh/rc.xsh'],
  ...['powershell/profile.ps1', 'powershell/Microsoft.PowerShell_profile.ps1', 'environment.d'],
];
const MAX_BYTES = 1024 * 1024;
const MOST = 20;
const SECRET = /sk-ant-[A-Za-z0-9_-]{20,}/g;

/** Keys that stand in plain text where every program that runs as the user can read them. */
export const profiles: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const names = knownNames(ctx);
    const found = pathsOf(ctx).flatMap((file) => keysIn(ctx, file, names));
    if (found.length === 0) return [ok(NAME, 'none holds a key')];
    const left = found.length - MOST;
    return [...found.slice(0, MOST), ...(left > 0 ? [warn(NAME, `and ${left} more places`)] : [])];
  },
};

function pathsOf({ home, env }: Context): string[] {
  const config = env['XDG_CONFIG_HOME'] || join(home, '.config');
  const zsh = env['ZDOTDIR'];
  const zshFiles = zsh ? ['.zshrc', '.zshenv', '.zprofile', '.zlogin'].map((file) => join(zsh, file)) : [];
  const paths = [...PROFILES.map((file) => join(home, file)), ...CONFIGURED.map((file) => join(config, file))];
  return [...new Set([...paths, ...zshFiles])].flatMap(filesAt);
}

/** Nothing for what cannot be looked at: a look at it is a courtesy. */
function filesAt(path: string): string[] {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) return readdirSync(path).map((file) => join(path, file));
    return stats?.isFile() ? [path] : [];
  } catch {
    return [];
  }
}

function keysIn(ctx: Context, file: string, names: ReadonlyMap<string, string>): Check[] {
  const shown = file.startsWith(`${ctx.home}/`) ? `~${file.slice(ctx.home.length)}` : file;
  return readLines(file).flatMap((line, at) =>
    (line.match(SECRET) ?? []).map((value) => {
      const { redacted, fingerprint } = identify(new Secret(value));
      const name = names.get(fingerprint);
      const which = name === undefined ? redacted : `${redacted}, the key ${name},`;
      const store = name === undefined ? 'store it (claude-keys add NAME), then ' : '';
      return warn(NAME, `${shown}:${at + 1} holds ${which} in plain text`, `${store}delete that line`);
    }),
  );
}

/** None of a file that cannot be read, is huge or is no file. */
function readLines(file: string): string[] {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(file, 'utf8').split('\n') : [];
  } catch {
    return [];
  }
}

/** The names of stored keys by their fingerprints. */
function knownNames(ctx: Context): ReadonlyMap<string, string> {
  const keys = [...(knownRegistry(ctx)?.keys.values() ?? [])];
  return new Map(keys.map(({ name, current }) => [current.fingerprint, name]));
}
