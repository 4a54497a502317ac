import type { ChildProcess } from 'node:child_process';
import type { Context } from '../../context.ts';
import { readObjects, type Visitor } from './objects.ts';
import { ended, type Repository, startGit } from './run.ts';

/**
 * Looks at every object of the repository but the trees, whether anything leads to it or not, with two processes of git.
 * @param onTrees gets the ids of the trees
 * @returns why not all of them could be read, or null
 */
export async function readAllObjects(
  ctx: Context,
  repository: Repository,
  visitor: Visitor,
  onTrees: (ids: readonly string[]) => Promise<void>,
): Promise<string | null> {
  const list = startGit(ctx, repository, [
    'cat-file',
    '--batch-all-objects',
    '--unordered',
    '--batch-check=%(objectname) %(objecttype)',
  ]);
  const listed = ended(list);
  list.stdin?.end();
  const why = await readObjects(ctx, repository, idsOf(list, onTrees), visitor);
  list.kill();
  const { code, said } = await listed;
  return why ?? (code === 0 || visitor.isOver() ? null : said || 'git cat-file failed');
}

/** Blocks of ids, of neighbours. */
async function* idsOf(
  list: ChildProcess,
  onTrees: (ids: readonly string[]) => Promise<void>,
): AsyncGenerator<readonly string[]> {
  let rest = '';
  for await (const piece of list.stdout ?? []) {
    const lines = (rest + (piece as Buffer).toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    const isTree = (line: string) => line.endsWith(' tree');
    const trees = lines.filter(isTree);
    if (trees.length > 0) await onTrees(trees.map(idIn));
    yield lines.filter((line) => !isTree(line)).map(idIn);
  }
}

function idIn(line: string): string {
  return line.slice(0, line.indexOf(' '));
}
