import { dirname, resolve } from 'node:path';
import type { Context } from '../context.ts';
import { repositoryOf } from '../importing/sources/tools.ts';
import type { Occurrence } from './findings.ts';
import { askGit, SOON_MS } from './git/run.ts';

/** The files, by their whole path, that git ignores: of those with finds only. */
export async function ignoredFiles(ctx: Context, occurrences: readonly Occurrence[]): Promise<ReadonlySet<string>> {
  const ignored = new Set<string>();
  const inTree = occurrences.filter(
    ({ where, file }) => (where === 'worktree' || where === 'archive') && !file.startsWith('<'),
  );
  const files = new Set(inTree.map(({ file }) => resolve(ctx.cwd, file.replace(/!.*$/, ''))));
  const roots = new Map<string, string[]>();
  for (const file of files) {
    const root = repositoryOf(dirname(file));
    if (root !== null) roots.set(root, [...(roots.get(root) ?? []), file]);
  }
  for (const [root, some] of roots) {
    const { code, out } = await askGit(
      ctx,
      { folder: root },
      ['check-ignore', '-z', '--stdin'],
      Buffer.from(`${some.join('\0')}\0`).toString('latin1'),
      SOON_MS,
    );
    // A repository in which git hangs; there may be a thousand of them.
    if (code === null) break;
    for (const path of Buffer.from(out, 'latin1').toString('utf8').split('\0')) if (path !== '') ignored.add(path);
  }
  return ignored;
}
