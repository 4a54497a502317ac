import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import type { KeyEntry } from './entry.ts';
import { checkName } from './name.ts';
import { listKeys, type Registry, readRegistry } from './registry.ts';

/** A key that exists, with how it came to be the one that is meant. */
export interface ResolvedKey {
  readonly entry: KeyEntry;
  readonly registry: Registry;
  readonly because: string;
}

/** The file that names the key for a folder and those below. */
export const FOLDER_FILE = '.claude-keys';

/**
 * The key that a command means: the name given, else `CLAUDE_KEYS_KEY`, else the nearest `.claude-keys` upward, else
 * the default key, else the only key.
 * @throws {UserError} `key_not_found` with the names there are, `bad_name` for what cannot be a name.
 */
export function resolveKey(ctx: Context, given: string | undefined): ResolvedKey {
  const registry = readRegistry(ctx);
  const { name, because } = choose(ctx, registry, given);
  return { entry: existing(registry, name, because), registry, because };
}

/** The entry of a key that must exist. */
export function existing(registry: Registry, name: string, because = 'given'): KeyEntry {
  const entry = registry.keys.get(name);
  if (entry === undefined) {
    const source = because === 'given' ? '' : ` (named by ${because})`;
    throw new UserError('key_not_found', `there is no key named ${name}${source}`, { hint: namesHint(registry) });
  }
  if (entry.change?.operation === 'add') {
    throw new UserError('key_not_found', `there is no key named ${name}: adding it was interrupted`, {
      hint: `finish it: claude-keys rotate ${name} --resume, or add it again: claude-keys add ${name}`,
    });
  }
  return entry;
}

function choose(ctx: Context, registry: Registry, given: string | undefined): { name: string; because: string } {
  if (given !== undefined) return { name: checkName(given), because: 'given' };
  const fromEnvironment = ctx.env['CLAUDE_KEYS_KEY'];
  if (fromEnvironment) return { name: checkName(fromEnvironment), because: 'CLAUDE_KEYS_KEY' };
  const folder = findFolderFile(ctx.cwd);
  if (folder !== null) return { name: checkName(folder.name), because: folder.file };
  if (registry.default !== null) return { name: registry.default, because: 'the default' };
  const keys = listKeys(registry);
  const [only] = keys;
  if (only !== undefined && keys.length === 1) return { name: only.name, because: 'the only key' };
  if (only === undefined) {
    throw new UserError('key_not_found', 'there are no keys yet', { hint: 'add one: claude-keys add production' });
  }
  throw new UserError('key_not_found', 'which key? there are several and none is the default', {
    hint: `${namesHint(registry)}; make one the default: claude-keys use NAME`,
  });
}

/** The nearest `.claude-keys` from `folder` upward, with the name in its first line. */
export function findFolderFile(folder: string): { file: string; name: string } | null {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, FOLDER_FILE);
    const content = readFolderFile(file);
    if (content !== null) return { file, name: content };
    if (dirname(at) === at) return null;
  }
}

function readFolderFile(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').split('\n', 1)[0]?.trim() || null;
  } catch (error) {
    // A folder of that name is the tool's own home, not a binding.
    if (['ENOENT', 'EISDIR', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return null;
    throw error;
  }
}

function namesHint(registry: Registry): string {
  const names = listKeys(registry).map((entry) => entry.name);
  if (names.length === 0) return 'add one: claude-keys add production';
  const shown = names.length > 20 ? [...names.slice(0, 20), `and ${names.length - 20} more`] : names;
  return `there are: ${shown.join(', ')}`;
}
