import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../../context.ts';
import type { Session } from '../session.ts';
import { pipeIn } from './pipes.ts';
import { askGit, type Repository, SOON_MS, utf8 } from './run.ts';

/** A repository with everything that hangs on it. */
export interface Found extends Repository {
  /** The folder with its objects and refs. */
  readonly gitDir: string;
  /** Its work tree, for names of files. */
  readonly root: string;
  /** Other work trees of it. */
  readonly linked: readonly string[];
}

/**
 * The repositories at and below folders, each once: those of `.git` files and folders that were met, the one that a
 * folder lies in, and those of submodules that are kept in another's folder.
 */
export async function repositoriesOf(
  ctx: Context,
  session: Session,
  folders: readonly string[],
  gits: readonly string[],
): Promise<Found[]> {
  const found = new Map<string, Found>();
  for (const folder of new Set([...folders, ...gits.map(dirname)])) {
    const pipe = pipeIn(join(folder, '.git'));
    if (pipe !== null) {
      session.skip({ what: pipe, why: 'it is a pipe, for which git would wait', failed: true });
      continue;
    }
    const args = ['rev-parse', '--absolute-git-dir', '--git-common-dir', '--is-bare-repository'];
    const asked = await askGit(ctx, { folder }, args, '', SOON_MS);
    const [own = '', common = '', bare] = asked.out.split('\n').map(utf8);
    if (asked.code !== 0) {
      if (gits.includes(join(folder, '.git')))
        session.skip({ what: join(folder, '.git'), why: reasonIn(asked.said), failed: true });
      continue;
    }
    const gitDir = realpath(join(common.startsWith('/') || /^[A-Za-z]:/.test(common) ? '' : folder, common)) || own;
    if (found.has(gitDir)) continue;
    const top = bare === 'true' ? folder : topOf(ctx, folder);
    const [root, trees] = await Promise.all([top, treesOf(ctx, folder)]);
    found.set(gitDir, { folder, gitDir, root, linked: trees.filter((path) => realpath(path) !== realpath(root)) });
    for (const inner of submodulesIn(join(gitDir, 'modules'))) {
      if (!found.has(inner))
        found.set(inner, {
          folder: inner,
          gitDir: inner,
          root: join(root, inner.slice(gitDir.length + 9)),
          linked: [],
        });
    }
  }
  return [...found.values()];
}

async function topOf(ctx: Context, folder: string): Promise<string> {
  const { code, out } = await askGit(ctx, { folder }, ['rev-parse', '--show-cdup']);
  return code === 0 ? join(folder, utf8(out.trim())) : folder;
}

async function treesOf(ctx: Context, folder: string): Promise<string[]> {
  const { out } = await askGit(ctx, { folder }, ['worktree', 'list', '--porcelain', '-z']);
  const paths = [...out.matchAll(/(?:^|\0)worktree ([^\0]+)/g)].map(([, path = '']) => utf8(path));
  return paths.filter((path) => existsSync(join(path, '.git')));
}

/** Folders that are repositories, at any depth: a submodule's name may have slashes. */
function submodulesIn(folder: string): string[] {
  const inner = foldersIn(folder);
  return inner.flatMap((path) =>
    isRepository(path) ? [path, ...submodulesIn(join(path, 'modules'))] : submodulesIn(path),
  );
}

export function isRepository(folder: string): boolean {
  return existsSync(join(folder, 'HEAD')) && existsSync(join(folder, 'objects')) && existsSync(join(folder, 'refs'));
}

function foldersIn(folder: string): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name));
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}

export function reasonIn(said: string): string {
  return (
    said
      .split('\n', 1)[0]
      ?.replace(/^fatal: /, '')
      .slice(0, 200) || 'git could not read it'
  );
}
