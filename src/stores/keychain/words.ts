import { existsSync, readFileSync } from 'node:fs';
import type { Context } from '../../context.ts';
import type { NativeProblem } from './native.ts';
import type { BusState } from './session-bus.ts';

/** What is wrong, and what to do about it. */
export interface Words {
  readonly message: string;
  readonly hint: string | null;
}

type Machine = Pick<Context, 'env' | 'platform'>;

const USE_FILE = 'keep keys in an encrypted file: claude-keys add NAME --store file';
// The password is read, not typed into the command: a command line stays in the shell's history. `--replace` because
// a daemon that already runs ignores `--unlock`.
const UNLOCK = 'read -rs p && printf %s "$p" | gnome-keyring-daemon --replace --unlock';

/** A state of the session bus, for a person. */
export function stateWords(machine: Machine, state: BusState): Words {
  switch (state) {
    case 'unlocked':
      return { message: 'the keychain is unlocked', hint: null };
    case 'locked':
      return {
        message: 'the keychain is locked',
        hint: `unlock it in the desktop, or here (it waits for the login password): ${UNLOCK}`,
      };
    case 'no-collection':
      return {
        message: 'the keychain has no default collection to keep keys in',
        hint: `log in to the desktop once, or make one here (it waits for a new password): ${UNLOCK}`,
      };
    case 'no-service':
      return {
        message: 'no program offers a keychain (Secret Service) on this D-Bus session',
        hint: `${install('gnome-keyring')}, then log in again; or ${USE_FILE}`,
      };
    case 'no-bus':
      return {
        message: 'there is no D-Bus session here, through which the keychain is reached',
        hint: busHint(machine),
      };
    case 'unknown':
      return {
        message: 'the keychain does not say whether it is locked',
        hint: `end the keychain's program, log in again and try once more; or ${USE_FILE}`,
      };
  }
}

/** Why keytar could not be loaded, for a person. */
export function nativeWords(problem: NativeProblem): Words {
  switch (problem.kind) {
    case 'no-package':
      return {
        message: 'the optional package keytar is not installed: npm install --global --include=optional claude-keys',
        hint: `install it, or ${USE_FILE}`,
      };
    case 'no-library': {
      const isLibsecret = problem.library?.startsWith('libsecret') === true;
      const message = isLibsecret
        ? `libsecret is missing, through which the keychain is reached: ${install('libsecret-1-0')}`
        : `${problem.library} is missing, which keytar needs to reach the keychain`;
      return { message, hint: `install it, or ${USE_FILE}` };
    }
    case 'no-build':
      return { message: 'keytar, through which the keychain is reached, does not run on this system', hint: USE_FILE };
  }
}

/** What fits the place: most machines without a D-Bus session are one of these. */
function busHint({ env }: Machine): string {
  if (env['SUDO_USER']) return 'the keychain belongs to your own session: run it without sudo';
  const runtime = `/run/user/${process.getuid?.() ?? 0}`;
  if (!env['DBUS_SESSION_BUS_ADDRESS'] && env['XDG_RUNTIME_DIR'] !== runtime && existsSync(`${runtime}/bus`)) {
    return `there is one that this shell does not know of: export XDG_RUNTIME_DIR=${runtime}`;
  }
  const start = `start one: dbus-run-session -- bash, and in it: ${UNLOCK}`;
  if (isWsl(env)) return `WSL has none by itself: ${USE_FILE}; or ${start}`;
  if (isContainer(env)) return `a container has none by itself: ${USE_FILE}`;
  if (env['SSH_CONNECTION'] || env['SSH_TTY']) return `an SSH login often has none: ${USE_FILE}; or ${start}`;
  return `${USE_FILE}; or ${start}`;
}

function isWsl(env: Machine['env']): boolean {
  return env['WSL_DISTRO_NAME'] !== undefined || /microsoft/i.test(contentOf('/proc/version'));
}

function isContainer(env: Machine['env']): boolean {
  const named = env['container'] ?? env['CODESPACES'] ?? env['REMOTE_CONTAINERS'] ?? env['KUBERNETES_SERVICE_HOST'];
  return Boolean(named) || existsSync('/.dockerenv') || existsSync('/run/.containerenv');
}

/** Package managers by what os-release(5) says of the system, with the packages whose names differ there. */
const INSTALLERS: readonly (readonly [system: RegExp, command: string, names: Readonly<Record<string, string>>])[] = [
  [/debian|ubuntu/, 'sudo apt install', {}],
  [/fedora|rhel/, 'sudo dnf install', { 'libsecret-1-0': 'libsecret' }],
  [/arch/, 'sudo pacman -S', { 'libsecret-1-0': 'libsecret' }],
  [/suse/, 'sudo zypper install', {}],
];

function install(debianName: string): string {
  const system = /^ID(?:_LIKE)?=.*/gm;
  const lines = (contentOf('/etc/os-release').match(system) ?? []).join(' ');
  const [, command = 'sudo apt install', names = {}] = INSTALLERS.find(([pattern]) => pattern.test(lines)) ?? [];
  return `${command} ${names[debianName] ?? debianName}`;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
