import { lstatSync } from 'node:fs';
import { systemCode, UserError } from '../../errors.ts';
import { readIfThere } from '../../files/replace.ts';

/** The errors of the file store that several of its files raise. None changes anything on disk. */

/**
 * The file's bytes, or null when there is no such file.
 * @throws {UserError} `store_unavailable` when it is there and cannot be read, or is a link to what is not there.
 */
export function readStored(file: string): Buffer | null {
  let content: Buffer | null;
  try {
    content = readIfThere(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  if (content === null && isLink(file)) {
    throw new UserError('store_unavailable', `${file} is a link to a file that is not there`, {
      hint: 'plug in or mount what it points to, or remove the link',
    });
  }
  return content;
}

/** A link to a stick that is not plugged in must not look like a store that was never used. */
function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

const REASONS: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  EACCES: ['no permission', 'make the file and its folder yours: chown, chmod u+rwX'],
  EPERM: ['no permission', 'make the file and its folder yours: chown, chmod u+rwX'],
  EISDIR: ['it is a folder', 'move the folder away and put the file back from a backup'],
};

function unreadable(file: string, cause: unknown): UserError {
  const code = systemCode(cause) ?? 'unknown error';
  const [what, hint] = REASONS[code] ?? [code, 'run: claude-keys doctor'];
  return new UserError('store_unavailable', `cannot read ${file}: ${what}`, { hint, cause });
}

export function damagedSecrets(file: string, why: string): UserError {
  return new UserError('store_damaged', `the encrypted file ${file} is damaged: ${why}`, {
    hint: 'restore it from a backup, or move it away and add the keys again',
  });
}

/** Also what a file looks like in which a bit of the recipient was flipped: that cannot be told apart. */
export function foreignSecrets(file: string, identityFile: string): UserError {
  return new UserError('store_damaged', `${file} was not encrypted for this identity (${identityFile})`, {
    hint: `restore the identity.txt that belongs to it from a backup, or move ${file} away and add the keys again`,
  });
}

export function missingIdentity(file: string, identityFile: string): UserError {
  return new UserError('store_damaged', `${identityFile} is missing, and without it ${file} cannot be opened`, {
    hint: `restore identity.txt from a backup; if there is none, move ${file} away and add the keys again`,
  });
}

export function damagedIdentity(identityFile: string, why: string): UserError {
  return new UserError('store_damaged', `the identity ${identityFile} is damaged: ${why}`, {
    hint: 'restore it from a backup; without one, move it and keys.age away and add the keys again',
  });
}
