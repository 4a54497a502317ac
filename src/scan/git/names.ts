import type { Context } from '../../context.ts';
import type { Hit } from '../hit.ts';
import { Scanner, SMALL } from '../scanner.ts';
import { ObjectList } from './all-objects.ts';
import type { ObjectTable } from './object-table.ts';
import { send } from './objects.ts';
import { ended, type Repository, reasonOf, startGit } from './run.ts';

/**
 * Looks at the names in those trees that no commit was found to lead to.
 * @returns the values that stand in a name, and why not all could be read, or null
 */
export async function namesInOtherTrees(
  ctx: Context,
  repository: Repository,
  table: ObjectTable,
  isOver: () => boolean,
): Promise<{ readonly values: ReadonlyMap<string, Hit>; readonly failure: string | null }> {
  const child = startGit(ctx, repository, ['cat-file', '--batch', '--buffer']);
  const end = ended(child);
  const scanner = new Scanner();
  // Names end with a zero byte and ids stand between them, so that all trees are read as one text.
  child.stdout?.on('data', (piece: Buffer) => (isOver() ? child.kill() : scanner.write(piece)));
  const list = new ObjectList(ctx, repository);
  for await (const ids of list.idsOf((object, type) => type === 'tree' && !table.isReached(object)))
    await send(child, ids);
  child.stdin?.end();
  const failure = (await list.end()) ?? reasonOf(await end, 'cat-file');
  return { values: new Map(scanner.end().map((hit) => [hit.value, hit])), failure };
}

/** Whether there may be one in a text with many names. */
export function holdsCredential(bytes: Buffer): boolean {
  many ??= new Scanner();
  many.write(bytes);
  return many.end().length > 0 || many.isCut;
}

/** The credentials in one name. */
export function hitsInName(latin1: string): readonly Hit[] {
  one ??= new Scanner(SMALL);
  one.write(Buffer.from(latin1, 'latin1'));
  return one.end();
}

let many: Scanner | undefined;
let one: Scanner | undefined;
