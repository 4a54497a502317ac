import type { Context } from '../../context.ts';
import type { NativeProblem } from './native.ts';
import { installCommand, ownRuntimeFolder, type Place, placeOf } from './place.ts';
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
        hint: `${installCommand('gnome-keyring')}, then log in again; or ${USE_FILE}`,
      };
    case 'no-bus':
      return {
        message: 'there is no D-Bus session here, through which the keychain is reached',
        hint: BUS_HINTS[placeOf(machine.env)],
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
        ? `libsecret is missing, through which the keychain is reached: ${installCommand('libsecret-1-0')}`
        : `${problem.library} is missing, which keytar needs to reach the keychain`;
      return { message, hint: `install it, or ${USE_FILE}` };
    }
    case 'no-build':
      return { message: 'keytar, through which the keychain is reached, does not run on this system', hint: USE_FILE };
  }
}

const START = `start one: dbus-run-session -- bash, and in it: ${UNLOCK}`;

const BUS_HINTS: Readonly<Record<Place, string>> = {
  sudo: 'the keychain belongs to your own session: run it without sudo',
  'unknown-session': `there is one that this shell does not know of: export XDG_RUNTIME_DIR=${ownRuntimeFolder()}`,
  wsl: `WSL has none by itself: ${USE_FILE}; or ${START}`,
  container: `a container has none by itself: ${USE_FILE}`,
  ssh: `an SSH login often has none: ${USE_FILE}; or ${START}`,
  plain: `${USE_FILE}; or ${START}`,
};
