import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { readUserFile, rewriteUserFile } from '../files/user-file.ts';
import type { Recipe } from './scheduler.ts';

/** Writes the files of a recipe, which are other programs' to read. */
export function writeFiles({ files }: Recipe): void {
  for (const { path, content } of files) {
    mkdirSync(dirname(path), { recursive: true });
    rewriteUserFile(readUserFile(path), Buffer.from(content));
  }
}

/** Removes them. @returns false when none was there */
export function removeFiles(paths: readonly string[]): boolean {
  const there = paths.filter((path) => existsSync(path));
  for (const path of there) rmSync(path, { force: true });
  return there.length > 0;
}
