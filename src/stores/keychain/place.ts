import { existsSync, readFileSync } from 'node:fs';
import type { Environment } from '../../context.ts';

/** The kinds of machine that often have no D-Bus session, each with a way out of its own. */
export type Place = 'sudo' | 'unknown-session' | 'wsl' | 'container' | 'ssh' | 'plain';

/** What is looked at beside the environment. */
export interface Files {
  has(path: string): boolean;
  /** Empty when it cannot be read. */
  text(path: string): string;
}

export const realFiles: Files = {
  has: existsSync,
  text: (path) => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return '';
    }
  },
};

export function placeOf(env: Environment, files: Files = realFiles): Place {
  if (env['SUDO_USER']) return 'sudo';
  const runtime = ownRuntimeFolder();
  // cron, `su -` and some SSH servers: the session is there and the variables are not.
  if (!env['DBUS_SESSION_BUS_ADDRESS'] && env['XDG_RUNTIME_DIR'] !== runtime && files.has(`${runtime}/bus`)) {
    return 'unknown-session';
  }
  if (env['WSL_DISTRO_NAME'] || /microsoft/i.test(files.text('/proc/version'))) return 'wsl';
  const named = env['container'] || env['CODESPACES'] || env['REMOTE_CONTAINERS'] || env['KUBERNETES_SERVICE_HOST'];
  if (named || files.has('/.dockerenv') || files.has('/run/.containerenv')) return 'container';
  return env['SSH_CONNECTION'] || env['SSH_TTY'] ? 'ssh' : 'plain';
}

/** Where the session of this user has its sockets on a system with systemd. */
export function ownRuntimeFolder(): string {
  return `/run/user/${process.getuid?.() ?? 0}`;
}

/** Package managers by what os-release(5) says of the system, with the packages whose names differ there. */
const INSTALLERS: readonly (readonly [system: RegExp, command: string, names: Readonly<Record<string, string>>])[] = [
  [/debian|ubuntu/, 'sudo apt install', {}],
  [/fedora|rhel/, 'sudo dnf install', { 'libsecret-1-0': 'libsecret' }],
  [/arch/, 'sudo pacman -S', { 'libsecret-1-0': 'libsecret' }],
  [/suse/, 'sudo zypper install', {}],
];

/** The command that installs a package, by its name in Debian, on this system. */
export function installCommand(debianName: string, files: Files = realFiles): string {
  const system = (files.text('/etc/os-release').match(/^ID(?:_LIKE)?=.*/gm) ?? []).join(' ');
  const [, command = 'sudo apt install', names = {}] = INSTALLERS.find(([pattern]) => pattern.test(system)) ?? [];
  return `${command} ${names[debianName] ?? debianName}`;
}
