import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A temporary file of `rewriteUserFile`, left by a run that was killed: no file of the user's. */
export const LEFT_BEHIND = /\.claude-keys-\d+$/;

/** The entries of a folder whose names match, in the order of their names; none when the folder cannot be read. */
export function filesIn(folder: string, pattern: RegExp): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name) && !LEFT_BEHIND.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
