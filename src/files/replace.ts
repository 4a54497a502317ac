import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCode, UserError } from '../errors.ts';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Makes the folder and those above it, or narrows its mode: only its owner may enter, whatever the umask says. */
export function ensurePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    const { mode, uid } = lstatSync(realpathSync(folder));
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(folder, FOLDER_MODE);
  } catch (error) {
    throw writeFailed(folder, error);
  }
}

/**
 * Puts `content` in place of the file in one step: a reader, or a crash at any moment, meets the old file whole or the
 * new one whole. The caller holds the lock of this file: the temporary file has one fixed name, so that a killed write
 * leaves at most one behind, which the next write takes over.
 *
 * Written here and not taken from write-file-atomic, which leaves a new temporary file at each kill and does not sync
 * the folder, without which a power cut may undo the rename.
 *
 * @throws {UserError} `write_failed` for a full disk, a read-only folder and the like; the old file is untouched.
 */
export function replaceFile(file: string, content: string | Uint8Array): void {
  ensurePrivateFolder(dirname(file));
  const target = followLink(file);
  const temporary = `${target}.new`;
  try {
    rmSync(temporary, { force: true });
    const handle = openSync(temporary, 'wx', FILE_MODE);
    try {
      writeAll(handle, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeFailed(file, error);
  }
}

/** The file's text, or null when there is no such file. */
export function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** A file that is a link into someone's dotfiles stays a link. */
function followLink(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space and run the same command again'],
  EDQUOT: ['the disk quota is used up', 'free some space and run the same command again'],
  EROFS: ['the file system is read-only', 'set CLAUDE_KEYS_HOME to a folder that can be written'],
  EACCES: ['no permission', 'make the folder yours (chown, chmod 700) or set CLAUDE_KEYS_HOME to another one'],
  EPERM: ['no permission', 'make the folder yours (chown, chmod 700) or set CLAUDE_KEYS_HOME to another one'],
  ENOTDIR: ['a part of the path is not a folder', 'set CLAUDE_KEYS_HOME to a folder that can be written'],
  EEXIST: ['a file stands where the folder belongs', 'set CLAUDE_KEYS_HOME to a folder that can be written'],
};

/** The error for a write that the system refused. Nothing was changed. */
export function writeFailed(path: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const code = systemCode(cause) ?? 'unknown error';
  const [what, hint] = REASONS[code] ?? [code, 'run: claude-keys doctor'];
  return new UserError('write_failed', `cannot write ${path}: ${what}; nothing was changed`, { hint, cause });
}
