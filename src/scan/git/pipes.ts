import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../../errors.ts';

/** What git opens before it answers anything. */
const READ = [
  ...['HEAD', 'config', 'config.worktree', 'commondir', 'index', 'packed-refs', 'shallow', 'info/exclude'],
  ...['info/attributes', 'info/grafts', 'info/sparse-checkout', 'objects/info/alternates', 'logs/HEAD'],
];

/** A pipe in the place of a file of this repository's own folder: git would wait for its writer. Null when there is none. */
export function pipeIn(gitDir: string): string | null {
  return READ.map((name) => join(gitDir, name)).find(isPipe) ?? null;
}

/**
 * The same for the repository around a folder, of which git has not been asked yet.
 * @throws {UserError} `scan_failed`
 */
export function refusePipes(folder: string): void {
  for (let at = folder; ; at = dirname(at)) {
    const gitDir = join(at, '.git');
    const isHere = lstatSync(gitDir, { throwIfNoEntry: false }) !== undefined;
    const pipe = isHere ? pipeIn(gitDir) : null;
    if (pipe !== null) {
      const hint = 'take it away; a repository that git has made has none';
      throw new UserError('scan_failed', `${pipe} is a pipe, for which git would wait`, { hint });
    }
    if (isHere || dirname(at) === at) return;
  }
}

function isPipe(path: string): boolean {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats !== undefined && (stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice());
  } catch {
    return false; // `.git` is a file, or may not be looked into: git will say so.
  }
}
