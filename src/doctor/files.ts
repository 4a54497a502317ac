import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode } from '../errors.ts';
import { type Check, type CheckGroup, fail, ok, quoted, warn } from './check.ts';

const NAME = 'files';

/** Who may read and write what is kept on disk. */
export const files: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const { data, config, registryFile, configFile, secretsFile, identityFile } = ctx.paths;
    const folders = [...new Set([data, config])].flatMap((folder) =>
      folderCheck(ctx, folder, folder === data ? 'key' : 'setting'),
    );
    const secret = [secretsFile, identityFile].flatMap((file) => fileCheck(ctx, file, fail));
    const others = [registryFile, configFile, join(data, 'audit.jsonl')].flatMap((file) => fileCheck(ctx, file, warn));
    const found = [...folders, ...secret, ...others];
    return found.length > 0 ? found : [ok(NAME, `${data} and what is in it is yours alone`)];
  },
};

function folderCheck(ctx: Context, folder: string, first: string): Check[] {
  const stats = look(folder);
  if (stats === null) return [ok(NAME, `${folder} is not there yet: it is made with the first ${first}`)];
  if (!stats.isDirectory()) return [fail(NAME, `${folder} is not a folder`, 'move it away, or set CLAUDE_KEYS_HOME')];
  if (!isWritable(folder)) {
    return [fail(NAME, `${folder} cannot be written`, 'make it yours (chown, chmod 700) or set CLAUDE_KEYS_HOME')];
  }
  return [...ownerCheck(ctx, folder, stats), ...modeCheck(ctx, folder, stats, 0o700, warn)];
}

function fileCheck(ctx: Context, file: string, tooWide: typeof warn): Check[] {
  const stats = look(file);
  if (stats === null) return [];
  if (!stats.isFile()) return [fail(NAME, `${file} is not a file`, 'move it away, and restore the file from a backup')];
  return [...ownerCheck(ctx, file, stats), ...modeCheck(ctx, file, stats, 0o600, tooWide)];
}

/** What is there, behind links; null when nothing is. A link to what is not there counts as no file, which it is not. */
function look(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function ownerCheck({ platform }: Context, path: string, { uid }: Stats): Check[] {
  const own = platform === 'win32' ? null : ownId();
  if (own === null || uid === own) return [];
  if (own === 0)
    return [warn(NAME, `${path} belongs to another user (${uid})`, 'run claude-keys as that user, without sudo')];
  return [fail(NAME, `${path} belongs to another user (${uid})`, `make it yours: sudo chown ${own} ${quoted(path)}`)];
}

/** Null where the system has no user ids, or does not know this one (some containers). */
function ownId(): number | null {
  try {
    const { uid } = userInfo();
    return uid >= 0 ? uid : null;
  } catch {
    return null;
  }
}

function modeCheck(
  { platform }: Context,
  path: string,
  { mode }: Stats,
  wanted: number,
  tooWide: typeof warn,
): Check[] {
  if (platform === 'win32' || (mode & 0o777 & ~wanted) === 0) return [];
  const shown = (mode & 0o777).toString(8);
  const check = tooWide(
    NAME,
    `${path} is open to others (mode ${shown})`,
    `chmod ${wanted.toString(8)} ${quoted(path)}`,
  );
  return [{ ...check, data: { path, mode: shown, wanted: wanted.toString(8) } }];
}
