import { lstatSync, statSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode } from '../errors.ts';
import { readUserFile } from '../files/user-file.ts';
import { printable } from '../terminal/plain.ts';
import { syntaxOf } from './edit/index.ts';
import type { Candidate, SourceFile } from './places.ts';

const MOST_BYTES = 5 * 1024 * 1024;

/**
 * Reads a file that may hold keys; never throws.
 * @returns the file; why it cannot be looked into; null when there is none
 */
export function readSource(ctx: Context, { source, path }: Candidate): SourceFile | string | null {
  try {
    const isLink = lstatSync(path).isSymbolicLink();
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return isLink ? 'a link that leads nowhere' : null;
    if (stats.isDirectory()) return null;
    // Reading a pipe would wait for its writer, reading a device may never end.
    if (!stats.isFile()) return 'no plain file; pipe JSON in with: claude-keys import -';
    if (stats.size > MOST_BYTES) return 'larger than 5 MB; it was not looked into';
    const file = readUserFile(path);
    const encoding = isUtf16(file.content) ? 'utf16le' : 'latin1';
    const text = file.content.toString(encoding);
    return { source, label: labelOf(ctx, path), file, text, encoding, syntax: syntaxOf(path, text) };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    if (code === 'ELOOP') return 'a link that leads to itself';
    return code === 'EACCES' || code === 'EPERM'
      ? 'no permission to read it'
      : `it cannot be read (${code ?? 'unknown'})`;
  }
}

/** Relative within the current folder, with `~` within the home, else as it is. */
export function labelOf(ctx: Context, path: string): string {
  const inside = relative(ctx.cwd, path);
  if (inside !== '' && !inside.startsWith('..') && !isAbsolute(inside)) return printable(inside);
  return printable(path.startsWith(ctx.home + sep) ? `~${path.slice(ctx.home.length)}` : path);
}

/** PowerShell on Windows writes such files; only whole units can be written back as they were. */
function isUtf16(content: Buffer): boolean {
  return content.length % 2 === 0 && content[0] === 0xff && content[1] === 0xfe;
}
