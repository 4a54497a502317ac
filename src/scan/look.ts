import type { Context } from '../context.ts';
import { scanPaths } from './paths.ts';
import type { Session } from './session.ts';

/** Files, and with `history` the repositories that they are in or that are among them. */
export async function scanTree(
  ctx: Context,
  session: Session,
  paths: readonly string[],
  { all, history }: { readonly all: boolean; readonly history: boolean },
): Promise<void> {
  const roots = paths.length > 0 ? paths : ['.'];
  const gits = await scanPaths(ctx, session, roots, { all });
  if (!history || session.isOver) return;
  await (await import('./git/whole.ts')).scanRepositories(ctx, session, { roots, gits, all });
}
