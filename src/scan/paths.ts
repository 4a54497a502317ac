import { lstatSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { type Batch, readFiles } from './files/index.ts';
import { deadMounts, isBelow } from './files/mounts.ts';
import { type WalkOptions, walk, whyUnread } from './files/walk.ts';
import type { Where } from './hit.ts';
import { Scanner, SMALL } from './scanner.ts';
import { placeIn, type Session } from './session.ts';

export interface PathsOptions {
  readonly all: boolean;
  /** Of what is found in a file itself. */
  readonly where?: Where;
  /** Folders that are not entered, by their whole path. */
  readonly without?: (path: string) => boolean;
  /** A path that is not there is passed over: nobody has named it. */
  readonly mayLack?: boolean;
  /** A path that is a link is passed over, for the same reason. */
  readonly noLinks?: boolean;
}

/**
 * Looks at every file at and below the paths.
 * @returns every `.git` that was met
 * @throws {UserError} `usage` for a path that is not there
 */
export async function scanPaths(
  ctx: Context,
  session: Session,
  paths: readonly string[],
  { all, where = 'worktree', without = () => false, mayLack = false, noLinks = false }: PathsOptions,
): Promise<string[]> {
  const gits: string[] = [];
  const dead = await deadMounts(paths.map((path) => resolve(ctx.cwd, path)));
  for (const what of dead) session.skip({ what, why: 'a mount that does not answer', failed: true });
  const isDead = (path: string) => dead.some((mount) => isBelow(path, mount));
  const options: WalkOptions = {
    all,
    without: (path) => isDead(path) || without(path),
    onSkip: (skip) => session.skip(skip),
    onGit: (path) => gits.push(path),
    onText(path, text) {
      const scanner = new Scanner(SMALL);
      scanner.write(Buffer.from(text));
      session.add(scanner.end(), placeIn(session.label(String(path)), where));
    },
  };
  const onBatch = ({ files, bytes, found, skipped }: Batch) => {
    session.scanned.files += files;
    session.scanned.bytes += bytes;
    for (const { path, member, hits } of found) {
      const file = session.label(String(path)) + (member ?? '');
      session.add(hits, placeIn(file, member === null || where === 'config' ? where : 'archive'));
    }
    for (const { path, member, why, failed } of skipped) session.skip({ what: String(path) + member, why, failed });
  };
  const isOver = () => session.isOver;
  for (const given of paths) {
    const path = resolve(ctx.cwd, given);
    if (isDead(path)) continue;
    const stats = statOf(session, path, given, mayLack);
    if (stats === null || (noLinks && stats.isSymbolicLink())) continue;
    await readFiles(guarded(walk(path, options), session, path), { onBatch, isOver, follow: stats.isSymbolicLink() });
  }
  return gits;
}

function statOf(session: Session, path: string, given: string, mayLack: boolean) {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = systemCode(error);
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
    if (isAbsent && !mayLack)
      throw new UserError('usage', `there is no ${given}`, {
        hint: 'give files or folders: claude-keys scan src .env',
      });
    if (!isAbsent) session.skip({ what: path, why: whyUnread(code), failed: true });
    return null;
  }
}

/** What fails on the way is told, and ends this path alone. */
function* guarded<T>(walked: Iterable<T>, session: Session, what: string): Generator<T> {
  try {
    yield* walked;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code !== 'ENOENT') session.skip({ what, why: whyUnread(code), failed: true });
  }
}
