import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { nativeFailure } from '../../src/stores/keychain/failures.ts';
import { loadNative, missingLibrary, NativeProblem } from '../../src/stores/keychain/native.ts';
import { type Files, installCommand, type Place, placeOf } from '../../src/stores/keychain/place.ts';
import { nativeWords, stateWords } from '../../src/stores/keychain/words.ts';

const linux = { env: {}, platform: 'linux' } as const;
const mac = { env: {}, platform: 'darwin' } as const;

describe('what keytar said, in our words', () => {
  test.each([
    [linux, 'Cannot autolaunch D-Bus without X11 $DISPLAY', 'store_unavailable', 'there is no D-Bus session here'],
    [linux, 'Could not connect: Connection refused', 'store_unavailable', 'there is no D-Bus session here'],
    [linux, 'The connection is closed', 'store_unavailable', 'there is no D-Bus session here'],
    [
      linux,
      'The name org.freedesktop.secrets was not provided by any .service files',
      'store_unavailable',
      'no program offers a keychain',
    ],
    [linux, 'Cannot create an item in a locked collection', 'store_locked', 'the keychain is locked'],
    [linux, 'Prompt was dismissed', 'store_locked', 'the keychain is locked'],
    [
      linux,
      'Object does not exist at path “/org/freedesktop/secrets/collection/login”',
      'store_unavailable',
      'the keychain has no default collection',
    ],
    [linux, 'something nobody has seen before', 'store_unavailable', 'the keychain failed'],
    [mac, 'User interaction is not allowed.', 'store_locked', 'the keychain is locked, and macOS may not ask'],
    [mac, 'User canceled the operation.', 'store_locked', 'access to the keychain was refused'],
    [mac, 'A default keychain could not be found.', 'store_unavailable', 'there is no login keychain'],
    [mac, 'The name was not provided by any', 'store_unavailable', 'the keychain failed'],
  ])('$1.platform: %s', (machine, said, code, message) => {
    const cause = new Error(said);
    const error = nativeFailure(machine, cause);
    expect(error).toMatchObject({ code, exitCode: 4, cause, hint: expect.any(String) });
    expect(error.message.startsWith(message)).toBe(true);
    expect(`${error.message} ${error.hint}`).not.toContain(said);
  });

  test('leaves an error of ours as it is', () => {
    const error = new UserError('malformed_key', 'x');
    expect(nativeFailure(linux, error)).toBe(error);
  });
});

describe('loading keytar', () => {
  function problem(load: (id: string) => unknown): NativeProblem {
    try {
      loadNative(load);
    } catch (error) {
      if (error instanceof NativeProblem) return error;
    }
    throw new Error('expected a NativeProblem');
  }

  test('tells a package that is not installed', () => {
    const missing = Object.assign(new Error("Cannot find module 'keytar'"), { code: 'MODULE_NOT_FOUND' });
    const found = problem(() => {
      throw missing;
    });
    expect(found).toMatchObject({ kind: 'no-package', cause: missing });
    expect(nativeWords(found).message).toContain('npm install --global --include=optional claude-keys');
  });

  test.each([
    ['libsecret-1.so.0: cannot open shared object file: No such file or directory', 'libsecret-1.so.0'],
    ['libglib-2.0.so.0: cannot open shared object file: No such file or directory', 'libglib-2.0.so.0'],
    ['/x/keytar.node: invalid ELF header', null],
    ['', null],
  ])('finds the missing library in the words of the linker: %s', (said, library) => {
    expect(missingLibrary(said)).toBe(library);
  });

  test('names libsecret and the package that has it', () => {
    const { message, hint } = nativeWords(new NativeProblem('no-library', null, 'libsecret-1.so.0'));
    expect(message).toMatch(/^libsecret is missing.*: sudo \S+ \S+ libsecret/);
    expect(hint).toContain('--store file');
    expect(nativeWords(new NativeProblem('no-library', null, 'libfoo.so.1')).message).toContain(
      'libfoo.so.1 is missing',
    );
    expect(nativeWords(new NativeProblem('no-build', null)).message).toContain('does not run on this system');
  });

  test('asks keytar under the names of the contract', async () => {
    const asked: unknown[] = [];
    const note =
      (answer: unknown) =>
      async (...words: unknown[]) => {
        asked.push(words);
        return answer;
      };
    const call = loadNative(() => ({
      getPassword: note('found'),
      setPassword: note(undefined),
      deletePassword: note(false),
    }));
    const account = 'prod@pending' as Parameters<typeof call>[0]['account'];
    expect(await call({ operation: 'get', account })).toBe('found');
    expect(await call({ operation: 'set', account, value: 'v' })).toBe(true);
    expect(await call({ operation: 'delete', account })).toBe(false);
    expect(asked).toEqual([
      ['claude-keys', 'prod@pending'],
      ['claude-keys', 'prod@pending', 'v'],
      ['claude-keys', 'prod@pending'],
    ]);
  });
});

describe('a machine without a D-Bus session', () => {
  const bus = `/run/user/${process.getuid?.() ?? 0}/bus`;
  const elsewhere = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere' };

  test.each<[Place, Record<string, string>, Record<string, string>]>([
    ['sudo', { SUDO_USER: 'kim', SSH_CONNECTION: 'x' }, {}],
    ['unknown-session', { SSH_CONNECTION: 'x' }, { [bus]: '' }],
    ['ssh', { SSH_CONNECTION: 'x', ...elsewhere }, { [bus]: '' }],
    ['wsl', { WSL_DISTRO_NAME: 'Debian' }, {}],
    ['wsl', {}, { '/proc/version': 'Linux version 6.6-microsoft-standard-WSL2' }],
    ['container', { CODESPACES: 'true' }, {}],
    ['container', { container: 'podman' }, {}],
    ['container', {}, { '/.dockerenv': '' }],
    ['container', {}, { '/run/.containerenv': '' }],
    ['ssh', { SSH_TTY: '/dev/pts/1' }, { '/proc/version': 'Linux version 6.1' }],
    ['plain', {}, {}],
  ])('is told as %s by %j and the files %j', (place, env, content) => {
    expect(placeOf(env, files(content))).toBe(place);
  });

  test.each([
    [{ SUDO_USER: 'kim' }, 'run it without sudo'],
    [{ WSL_DISTRO_NAME: 'Debian', ...elsewhere }, 'WSL has none by itself: keep keys in an encrypted file'],
  ])('gets a hint that fits: %j', (env, hint) => {
    expect(stateWords({ env, platform: 'linux' }, 'no-bus').hint).toContain(hint);
  });

  test.each([
    ['ID=debian\nVERSION_ID="12"\n', 'sudo apt install libsecret-1-0'],
    ['NAME="Linux Mint"\nID=linuxmint\nID_LIKE="ubuntu debian"\n', 'sudo apt install libsecret-1-0'],
    ['ID=fedora\n', 'sudo dnf install libsecret'],
    ['ID="almalinux"\nID_LIKE="rhel centos fedora"\n', 'sudo dnf install libsecret'],
    ['ID=arch\n', 'sudo pacman -S libsecret'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'sudo zypper install libsecret-1-0'],
    ['', 'sudo apt install libsecret-1-0'],
  ])('gets the command of its own package manager: %j', (release, command) => {
    expect(installCommand('libsecret-1-0', files({ '/etc/os-release': release }))).toBe(command);
  });

  function files(content: Record<string, string>): Files {
    return { has: (path) => path in content, text: (path) => content[path] ?? '' };
  }
});
