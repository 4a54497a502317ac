import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { checkName } from '../keys/name.ts';
import { FOLDER_FILE, findFolderFile } from '../keys/resolve.ts';
import { type Allowance, canBeListed } from './allowed.ts';

/**
 * The folder that the user means, with the name that stands in its `.claude-keys`: the one given, else the nearest
 * upward that has one.
 * @throws {UserError} `usage`, `bad_name`
 */
export function boundFolder(ctx: Context, given: string | undefined): Allowance {
  const at = physical(ctx, given);
  const found = findFolderFile(at);
  if (found === null || (given !== undefined && dirname(found.file) !== at)) {
    throw new UserError('usage', `there is no ${FOLDER_FILE} in ${at}${given === undefined ? ' or above it' : ''}`, {
      hint: 'bind the folder to a key: claude-keys use --here NAME',
    });
  }
  const folder = dirname(found.file);
  if (!canBeListed(folder)) {
    throw new UserError('usage', 'the name of that folder has a control character in it', {
      hint: `use its key by hand: ckuse, or claude-keys exec -- COMMAND`,
    });
  }
  return { folder, name: checkName(found.name) };
}

/**
 * The folder itself, for `deny`, which must work whatever is in it and when it is gone.
 */
export function physical(ctx: Context, given: string | undefined): string {
  const path = resolve(ctx.cwd, given ?? '.');
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The nearest folder upward that is on the list; null when there is none. */
export function nearestListed(list: readonly Allowance[], folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (list.some((each) => each.folder === at)) return at;
    if (dirname(at) === at) return null;
  }
}
