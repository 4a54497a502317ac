import type { Context } from '../../context.ts';
import type { Found } from './repositories.ts';
import { askGit, type Ended, type Repository, SUBMODULE, utf8 } from './run.ts';

export interface Staged {
  readonly blob: string;
  /** The work tree. */
  readonly tree: string;
  readonly path: string;
}

/** The files in the index of every work tree; `isWhole` is false when an index could not be read. */
export async function stagedIn(
  ctx: Context,
  { folder, linked, gitDir }: Found,
): Promise<{ readonly files: readonly Staged[]; readonly isWhole: boolean }> {
  const files: Staged[] = [];
  let isWhole = true;
  for (const tree of [folder, ...linked]) {
    const repository = tree === gitDir ? { folder, gitDir } : { folder: tree };
    const index = await indexOf(ctx, repository);
    isWhole &&= index.code === 0;
    for (const { blob, path } of index.files) files.push({ blob, tree, path: utf8(path) });
  }
  return { files, isWhole };
}

/** The files in one index, wherever below its top the folder is; paths as bytes in latin1. */
export async function indexOf(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
): Promise<Ended & { readonly files: readonly Pick<Staged, 'blob' | 'path'>[] }> {
  const { out, ...how } = await askGit(ctx, repository, ['ls-files', '--stage', '-z', '--full-name', ':/']);
  const files = out.split('\0').flatMap((line) => {
    const [, mode, blob = '', path = ''] = /^(\d+) ([0-9a-f]+) \d\t(.*)$/s.exec(line) ?? [];
    return mode === undefined || mode === SUBMODULE ? [] : [{ blob, path }];
  });
  return { ...how, files };
}

export interface Ref {
  readonly name: string;
  readonly id: string;
  readonly type: string;
  /** What an annotated tag is of; empty for what is none. */
  readonly tagged: { readonly id: string; readonly type: string };
}

/** All refs; `isWhole` is false when one could not be read. */
export async function refsOf(
  ctx: Context,
  repository: Repository,
): Promise<{ readonly refs: readonly Ref[]; readonly isWhole: boolean }> {
  const format = '--format=%(objectname) %(objecttype) %(*objectname) %(*objecttype) %(refname)';
  const { code, out } = await askGit(ctx, repository, ['for-each-ref', format]);
  const lines = out.split('\n').filter((line) => line !== '');
  const refs = lines.map((line) => {
    const [id = '', type = '', taggedId = '', taggedType = '', name = ''] = line.split(' ');
    return { name: utf8(name), id, type, tagged: { id: taggedId, type: taggedType } };
  });
  return { refs, isWhole: code === 0 };
}

/** The stashes below the newest: that one alone is a ref, the others are in its reflog. */
export async function olderStashes(ctx: Context, repository: Repository): Promise<readonly string[]> {
  const { code, out } = await askGit(ctx, repository, ['reflog', 'show', '--format=%H', 'refs/stash', '--']);
  const count = code === 0 ? out.split('\n').length - 1 : 0;
  return Array.from({ length: Math.max(0, count - 1) }, (_, at) => `refs/stash@{${at + 1}}`);
}
