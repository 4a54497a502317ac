import {
  chmodSync,
  closeSync,
  fchmodSync,
  fstatSync,
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
const STICKY = 0o1000;

/**
 * Makes the folder and those above it, or narrows its mode: only its owner may enter, whatever the umask says. A folder
 * that is made to be shared (sticky, like `/tmp`) or that is someone else's is left as it is.
 */
export function ensurePrivateFolder(folder: string): void {
  try {
    makeFolder(folder);
    const { mode, uid } = lstatSync(realpathSync(folder));
    if ((mode & 0o077) !== 0 && (mode & STICKY) === 0 && uid === process.getuid?.()) chmodSync(folder, FOLDER_MODE);
  } catch (error) {
    throw writeFailed(folder, error);
  }
}

/** With `recursive`, Node calls a read-only parent a missing one; asked for this folder alone it tells the reason. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') mkdirSync(folder, { mode: FOLDER_MODE });
    throw error;
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
      // The umask may have taken away what the owner needs to read it again.
      if ((fstatSync(handle).mode & FILE_MODE) !== FILE_MODE) fchmodSync(handle, FILE_MODE);
      writeAll(handle, typeof content === 'string' ? Buffer.from(content) : content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, target);
  } catch (error) {
    discard(temporary);
    throw writeFailed(file, error);
  }
  syncFolder(dirname(target));
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

/** What cannot be removed either (a read-only disk) is no news beside the error that led here. */
function discard(temporary: string): void {
  try {
    rmSync(temporary, { force: true });
  } catch {}
}

/**
 * So that a power cut does not undo the rename. Not every system and file system lets a folder be synced; the new file
 * is in place by then, so that to report a failure would be wrong.
 */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {}
}

const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'free some space and run the same command again'],
  EDQUOT: ['the disk quota is used up', 'free some space and run the same command again'],
  EFBIG: ['files may not be that large here', 'raise the limit (ulimit -f unlimited) and run the same command again'],
  EROFS: ['the file system is read-only', 'set CLAUDE_KEYS_HOME to a folder that can be written'],
  EACCES: ['no permission', 'make the folder yours (chown, chmod 700) or set CLAUDE_KEYS_HOME to another one'],
  EPERM: ['no permission', 'make the folder yours (chown, chmod 700) or set CLAUDE_KEYS_HOME to another one'],
  EBUSY: ['it is mounted by itself, so it cannot be replaced', 'change it by hand, where it comes from'],
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
