import { randomUUID } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode, UserError } from '../errors.ts';
import { writeFailed } from '../files/replace.ts';
import { FOLDER_FILE } from './resolve.ts';

/**
 * Binds a folder and those below it to a key: writes `.claude-keys`, in one step.
 *
 * It is an ordinary file of the project, readable by everyone and safe to commit. A link of that name is replaced and
 * not followed: in a repository of someone else's it could point at any file of yours.
 *
 * @returns the path of the file
 * @throws {UserError} `write_failed` when the folder cannot be written, or has a folder of that name.
 */
export function writeFolderFile(folder: string, name: string): string {
  const file = join(folder, FOLDER_FILE);
  const temporary = join(folder, `${FOLDER_FILE}.${randomUUID()}`);
  try {
    writeFileSync(temporary, `${name}\n`, { flag: 'wx', mode: 0o644 });
    renameSync(temporary, file);
    return file;
  } catch (error) {
    rmSync(temporary, { force: true });
    if (!['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw writeFailed(file, error);
    throw new UserError('write_failed', `cannot write ${file}: a folder of that name is there`, {
      hint: 'run it in another folder, or set CLAUDE_KEYS_KEY there',
      cause: error,
    });
  }
}
