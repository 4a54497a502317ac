import { join } from 'node:path';
import type { Context } from '../context.ts';
import { withLock } from '../files/lock.ts';
import { readIfThere, replaceFile } from '../files/replace.ts';

/**
 * The folders whose `.claude-keys` the shells follow, each with the name that stood in it when the user allowed it:
 * with another name in it the folder is no longer allowed. One line each, `folder TAB name`, sorted, so that the shells
 * can look a line up without starting anything.
 */
export interface Allowance {
  /** Physical: without links. */
  readonly folder: string;
  readonly name: string;
}

export function allowFile({ paths }: Context): string {
  return join(paths.data, 'allowed');
}

/** True for a folder that the list, which has lines and tabs, can hold. */
export function canBeListed(folder: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
  return !/[\u0000-\u001f\u007f]/.test(folder);
}

export function readAllowed(ctx: Context): Allowance[] {
  const text = readIfThere(allowFile(ctx))?.toString('utf8') ?? '';
  return text.split('\n').flatMap((line) => {
    const [folder, name, ...more] = line.split('\t');
    return folder && name && more.length === 0 ? [{ folder, name }] : [];
  });
}

export function isAllowed(ctx: Context, { folder, name }: Allowance): boolean {
  return readAllowed(ctx).some((each) => each.folder === folder && each.name === name);
}

/**
 * Puts the folder on the list with this name, or with null takes it off.
 * @returns whether that changed anything
 * @throws {UserError} `write_failed`, `busy`
 */
export async function setAllowed(ctx: Context, folder: string, name: string | null): Promise<boolean> {
  const file = allowFile(ctx);
  return withLock(file, () => {
    const before = readAllowed(ctx);
    const others = before.filter((each) => each.folder !== folder);
    const after = name === null ? others : [...others, { folder, name }];
    const text = linesOf(after);
    if (text === linesOf(before)) return false;
    replaceFile(file, text);
    return true;
  });
}

function linesOf(list: readonly Allowance[]): string {
  return list
    .map(({ folder, name }) => `${folder}\t${name}\n`)
    .sort()
    .join('');
}
