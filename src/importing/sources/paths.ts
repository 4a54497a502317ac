import { lstatSync, statSync } from 'node:fs';
import { basename, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import { systemCode, UserError } from '../../errors.ts';
import type { Candidate } from '../places.ts';
import { filesIn } from './folder.ts';

const ENV_FILE = /^\.env/;

/** The `.env` files of a folder. */
export function envFiles(folder: string): Candidate[] {
  return filesIn(folder, ENV_FILE).map((path) => ({ source: 'env-file', path, asked: false }));
}

/**
 * What the user named: a file, or a folder for its `.env` files. Nothing within `node_modules` is looked into.
 * @throws {UserError} `usage` for a path that is not there.
 */
export function named(ctx: Context, paths: readonly string[]): Candidate[] {
  return paths.flatMap((given): Candidate[] => {
    const path = resolve(ctx.cwd, given);
    if (path.split(sep).includes('node_modules')) {
      throw new UserError('usage', `${given} lies in node_modules, which is not looked into`, {
        hint: 'name files of your own: claude-keys import .env',
      });
    }
    if (isFolder(path, given)) return envFiles(path);
    return [{ source: ENV_FILE.test(basename(path)) ? 'env-file' : 'file', path, asked: true }];
  });
}

function isFolder(path: string, given: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const code = systemCode(error);
    // Whatever else is wrong with it (no permission, a link to nowhere) is said of it when it is read.
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return false;
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) return false;
    throw new UserError('usage', `there is no ${given}`, {
      hint: 'give files, or folders with .env files; without any: claude-keys import looks in the usual places',
    });
  }
}
