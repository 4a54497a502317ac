import { join, resolve, sep } from 'node:path';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import { NO_PLAIN_FILE } from '../files/walk.ts';
import { scanPaths } from '../paths.ts';
import type { Session } from '../session.ts';
import { scanHistory } from './history.ts';
import { isRepository, repositoriesOf } from './repositories.ts';
import { endGit } from './run.ts';

/** What was looked at already, and how. */
export interface Looked {
  readonly roots: readonly string[];
  /** Every `.git` that was met there. */
  readonly gits: readonly string[];
  readonly all: boolean;
}

/**
 * The repositories that files which were looked at are in, or that are among them: their objects, what else they keep
 * (configuration, hooks, reflogs, messages under way), their other work trees, their submodules.
 * @throws {UserError} `scan_failed` when there is none
 */
export async function scanRepositories(ctx: Context, session: Session, { roots, gits, all }: Looked): Promise<void> {
  session.onInterrupt(endGit);
  const folders = roots.map((path) => resolve(ctx.cwd, path));
  const repositories = await repositoriesOf(ctx, session, folders, gits);
  // One that could not be read was told; what was found among the files is told too.
  if (repositories.length === 0 && !session.failed) {
    throw new UserError('scan_failed', 'there is no git repository here', {
      hint: 'look at the files alone: claude-keys scan',
    });
  }
  const known = new Set(repositories.map(({ gitDir }) => gitDir));
  for (const repository of repositories) {
    if (session.isOver) return;
    const linked = repository.linked.filter(
      (path) => !folders.some((folder) => `${path}${sep}`.startsWith(`${folder}${sep}`)),
    );
    await scanPaths(ctx, session, linked, { all, mayLack: true });
    const without = (path: string) =>
      known.has(path) || (path.endsWith(`${sep}objects`) && isRepository(join(path, '..')));
    const before = session.skipped.length;
    await scanPaths(ctx, session, [repository.gitDir], { all: true, where: 'config', without, mayLack: true });
    const pipe = session.skipped.slice(before).find(({ why }) => why === NO_PLAIN_FILE);
    if (pipe === undefined) await scanHistory(ctx, session, repository);
    else session.skip({ what: repository.gitDir, why: `git would wait for ${pipe.what}`, failed: true });
  }
  forgetGitSkips(session);
}

/** That `.git` was passed over holds no longer. */
function forgetGitSkips(session: Session): void {
  const kept = session.skipped.filter(({ why }) => !why.endsWith('--history'));
  session.skipped.splice(0, session.skipped.length, ...kept);
}
