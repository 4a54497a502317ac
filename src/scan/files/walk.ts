import { type Dirent, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { systemCode } from '../../errors.ts';
import type { Skip } from '../hit.ts';

/** A path; bytes where the name is no UTF-8. */
export type Path = string | Buffer;

/** What is made from a list of dependencies and can be made again; `--all` looks there too. */
const DEPENDENCIES = new Set([
  ...['node_modules', 'bower_components', 'jspm_packages', '.pnpm-store', '.tox', '.nox', '__pycache__'],
  ...['.mypy_cache', '.pytest_cache', '.ruff_cache'],
]);
/** Why a pipe, a socket or a device was not read. */
export const NO_PLAIN_FILE = 'a pipe, socket or device';
/** Windows on the kernel; reading there may never end. */
const NO_FILES = new Set(['/proc', '/sys', '/dev']);

export interface WalkOptions {
  readonly all: boolean;
  /** Folders that are not entered. */
  without?(path: string): boolean;
  /** Told of everything that is passed over. */
  onSkip(skip: Skip): void;
  /** Told of every `.git` that is met. */
  onGit?(path: string): void;
  /** A name, or the target of a link, that may itself hold a key. */
  onText(path: Path, text: string): void;
}

/**
 * Every plain file at and below a path that the user named, folder by folder. Links are not followed, except the named
 * one itself; FIFOs and devices are not opened.
 */
export function* walk(named: string, options: WalkOptions): Generator<readonly Path[]> {
  const stats = statSync(named);
  if (!stats.isDirectory()) {
    if (stats.isFile()) yield [named];
    else options.onSkip({ what: named, why: 'no plain file', failed: true });
    return;
  }
  const waiting: Path[] = [named];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const files: Path[] = [];
    for (const entry of entriesOf(folder, options)) {
      const path = childOf(folder, entry.name);
      const name = String(entry.name);
      if (name.includes('sk-ant')) options.onText(path, name);
      const kind = kindOf(path, entry);
      if (kind === 'file') {
        if (name === '.git') options.onGit?.(String(path));
        files.push(path);
      } else if (kind === 'folder') {
        if (entersInto(path, name, options)) waiting.push(path);
      } else tellOf(path, kind, named, options);
    }
    yield files;
  }
}

type Kind = 'file' | 'folder' | 'link' | 'other' | 'gone';

type Entry = Dirent | Dirent<Buffer>;

/** By bytes where a name is no UTF-8, or the folder's own is not. */
function entriesOf(folder: Path, { onSkip }: WalkOptions): readonly Entry[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    const known = typeof folder === 'string' ? entries.filter(({ name }) => !name.includes('\ufffd')) : [];
    if (known.length === entries.length) return known;
    const odd = readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }).filter(
      ({ name }) => typeof folder !== 'string' || name.toString('utf8').includes('\ufffd'),
    );
    return [...known, ...odd];
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOENT') onSkip({ what: String(folder), why: whyUnread(code), failed: true });
    return [];
  }
}

function childOf(folder: Path, name: string | Buffer): Path {
  if (typeof folder === 'string' && typeof name === 'string') {
    return folder.endsWith(sep) ? folder + name : folder + sep + name;
  }
  return Buffer.concat([Buffer.from(folder), Buffer.from(sep), Buffer.from(name)]);
}

/** Some file systems do not say in the listing what an entry is. */
function kindOf(path: Path, entry: Entry): Kind {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice()) return 'other';
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'gone';
  return stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
}

function entersInto(path: Path, name: string, { all, without, onSkip, onGit }: WalkOptions): boolean {
  const what = String(path);
  if (without?.(what)) return false;
  // What a repository without a work tree holds is packed as in any other.
  const isBare = name === 'objects' && isThere(join(what, '../HEAD')) && isThere(join(what, '../refs'));
  if (name === '.git' || isBare) {
    onGit?.(isBare ? join(what, '../.git') : what);
    onSkip({ what, why: 'the repository itself; to look there too: --history', failed: false });
    return false;
  }
  const why = NO_FILES.has(what)
    ? 'no files of a disk'
    : all || !isDependencies(what, name)
      ? null
      : 'dependencies; to look there too: --all';
  if (why !== null) onSkip({ what, why, failed: false });
  return why === null;
}

function isDependencies(path: string, name: string): boolean {
  if (DEPENDENCIES.has(name)) return true;
  return (name === 'venv' || name === '.venv') && isThere(join(path, 'pyvenv.cfg'));
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function tellOf(path: Path, kind: Kind, named: string, { onSkip, onText }: WalkOptions): void {
  if (kind === 'other') onSkip({ what: String(path), why: NO_PLAIN_FILE, failed: false });
  if (kind !== 'link') return;
  try {
    const target = readlinkSync(path);
    if (target.includes('sk-ant')) onText(path, target);
    const leadsTo = resolve(String(path), '..', target);
    if (leadsTo !== named && !leadsTo.startsWith(named + sep)) {
      onSkip({ what: String(path), why: 'a link that leads out of the folder', failed: false });
    }
  } catch {} // It is gone.
}

/** The system's code in words. */
export function whyUnread(code: string | undefined): string {
  if (code === 'EACCES' || code === 'EPERM') return 'no permission to read it';
  if (code === 'ENAMETOOLONG') return 'its path is too long';
  if (code === 'ELOOP') return 'it became a link';
  if (code === 'EAGAIN') return 'it became a pipe';
  return `it cannot be read (${code ?? 'unknown'})`;
}
