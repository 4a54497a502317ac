import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { systemCode, UserError } from '../errors.ts';
import { writeFailed } from './replace.ts';

/**
 * A file that belongs to the user or to another program (a shell profile, settings.json, .env) and not to claude-keys:
 * whatever is not meant to change stays as it is, its mode, its owner and the link that leads to it included.
 */
export interface UserFile {
  /** As the user calls it. */
  readonly path: string;
  /** Where the link that the path may be leads to. */
  readonly target: string;
  readonly content: Buffer;
  /** False for a file that is not there yet; its content is empty. */
  readonly exists: boolean;
}

/** @throws the system's error when the file is there and cannot be read. */
export function readUserFile(path: string): UserFile {
  try {
    const target = realpathSync(path);
    return { path, target, content: readFileSync(target), exists: true };
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return { path, target: path, content: Buffer.alloc(0), exists: false };
  }
}

/** Whether someone made it read-only, so that no program changes it. By its mode, too: root may write everything. */
export function isReadOnly({ target, exists }: UserFile): boolean {
  return exists && ((statSync(target).mode & 0o222) === 0 || !isWritable(target));
}

/** Whether the system lets this process write there. */
export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Puts other content into the file in one step: a crash leaves the old file whole or the new one whole.
 * @throws {UserError} `write_failed` when the system refuses, or when the file is no longer as it was read (an editor
 *   has saved it meanwhile): nothing is changed then.
 */
export function rewriteUserFile(file: UserFile, content: Uint8Array): void {
  const { path, target } = file;
  // Beside the file, since only a rename within one folder is one step; named by process, since there is no lock here.
  const temporary = `${target}.claude-keys-${process.pid}`;
  try {
    if (!file.exists) {
      refuseLostLink(path);
      mkdirSync(dirname(target), { recursive: true });
    }
    writeWhole(temporary, content, file.exists ? statSync(target) : null);
    if (!isUnchanged(file)) {
      throw new UserError('write_failed', `${path} was changed by another program meanwhile; it was left alone`, {
        hint: 'run the same command again',
      });
    }
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw userFileFailed(path, error);
  }
}

/** Not to be helped by another CLAUDE_KEYS_HOME, as a file of ours is. */
function userFileFailed(path: string, cause: unknown): UserError {
  const { code, message, hint = '' } = writeFailed(path, cause);
  if (!hint.includes('CLAUDE_KEYS_HOME')) return new UserError(code, message, { hint, cause });
  return new UserError(code, message, { hint: 'make the file and its folder writable, then run it again', cause });
}

/**
 * A link whose file is not there (a disk that is not mounted, say) would be replaced by a file.
 * @throws {UserError} `write_failed`
 */
function refuseLostLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new UserError('write_failed', `${path} is a link to a file that is not there; it was left alone`, {
    hint: 'make that file, or remove the link, then run the same command again',
  });
}

function writeWhole(
  temporary: string,
  content: Uint8Array,
  like: { mode: number; uid: number; gid: number } | null,
): void {
  const handle = openSync(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(handle, content);
    if (like === null) fchmodSync(handle, 0o644);
    else {
      // The owner first: changing it takes special bits off the mode. Not at all where nothing changes: few may.
      const made = fstatSync(handle);
      if (like.uid !== made.uid || like.gid !== made.gid) fchownSync(handle, like.uid, like.gid);
      fchmodSync(handle, like.mode & 0o7777);
    }
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isUnchanged({ path, content, exists }: UserFile): boolean {
  const now = readUserFile(path);
  return now.exists === exists && now.content.equals(content);
}
