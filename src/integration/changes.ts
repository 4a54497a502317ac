import { lstatSync, rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { UserError } from '../errors.ts';
import { readIfThere, replaceFile, writeFailed } from '../files/replace.ts';
import { isReadOnly, isWritable, readUserFile, rewriteUserFile, type UserFile } from '../files/user-file.ts';
import type { Profile } from './block.ts';

/** A file as it is and as it is to be; null: no such file. */
export interface Change {
  readonly path: string;
  readonly before: Profile;
  readonly after: Profile;
  /** Set for a file of the user's; the others are made by claude-keys. */
  readonly profile?: UserFile;
}

export function changes({ before, after }: Change): boolean {
  return before === null || after === null ? before !== after : !before.equals(after);
}

/**
 * The change of a profile.
 * @param edit from its content to what it is to be
 * @throws {UserError} `write_failed` when it would change and may not be written; what `edit` throws.
 */
export function profileChange(path: string, edit: (before: Profile) => Profile, byHand: string): Change {
  const profile = readProfile(path);
  const before = profile.exists ? profile.content : null;
  const wanted = edit(before);
  // The link is the user's own: it stays, and so must what it leads to.
  const after = wanted === null && before !== null && isLink(path) ? Buffer.alloc(0) : wanted;
  const change = { path, before, after, profile };
  if (changes(change)) checkWritable(profile, byHand);
  return change;
}

function readProfile(path: string): UserFile {
  try {
    return readUserFile(path);
  } catch (cause) {
    throw new UserError('write_failed', `${path} cannot be read; it was left alone`, {
      hint: 'make it a file that you can read, then run the same command again',
      cause,
    });
  }
}

function checkWritable(profile: UserFile, byHand: string): void {
  const { path, target, exists } = profile;
  if (!exists) {
    if (!isLink(path)) return;
    throw new UserError('write_failed', `${path} is a link to a file that is not there; it was left alone`, {
      hint: 'make that file, then run the same command again',
    });
  }
  if (!isReadOnly(profile) && isWritable(dirname(target))) return;
  const what = isReadOnly(profile) ? path : `the folder of ${path}`;
  throw new UserError('write_failed', `${what} is read-only; it was left alone`, { hint: byHand });
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** The change of a file of our own. */
export function ownChange(path: string, after: string | null): Change {
  return { path, before: readIfThere(path), after: after === null ? null : Buffer.from(after) };
}

/**
 * Makes the change, if it is one. The caller holds the lock ({@link replaceFile}).
 * @throws {UserError} `write_failed`
 */
function apply(change: Change): void {
  if (!changes(change)) return;
  const { path, after, profile } = change;
  if (after === null) removeFile(path);
  else if (profile === undefined) replaceFile(path, after);
  else rewriteUserFile(profile, after);
  if (after === null && profile === undefined) removeEmptyFolders(path);
}

/** Makes them all; where one fails, the files of ours are as they were before. */
export function applyAll(wanted: readonly Change[]): void {
  const done: Change[] = [];
  try {
    for (const change of wanted) {
      apply(change);
      done.push(change);
    }
  } catch (error) {
    for (const { path, before, after, profile } of done.reverse()) {
      if (profile === undefined) apply({ path, before: after, after: before });
    }
    throw error;
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw writeFailed(path, error);
  }
}

/** The two that were made for it, unless something else is in them. */
function removeEmptyFolders(path: string): void {
  try {
    rmdirSync(dirname(path));
    rmdirSync(dirname(dirname(path)));
  } catch {}
}
