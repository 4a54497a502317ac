import { dirname } from 'node:path';
import type { Context } from '../context.ts';
import { isAllowed } from '../integration/allowed.ts';
import { ownChange } from '../integration/changes.ts';
import { physical } from '../integration/folder.ts';
import { madeBy } from '../integration/install.ts';
import { generatedFiles, INSTALLED_SHELLS } from '../integration/places.ts';
import { listKeys } from '../keys/registry.ts';
import { findFolderFile, type ResolvedKey, resolveKey } from '../keys/resolve.ts';
import { type WarningCode, warningsOf } from '../keys/warnings.ts';
import { type Check, type CheckGroup, failure, ok, warn } from './check.ts';
import { knownRegistry } from './known.ts';

const UNFINISHED: readonly WarningCode[] = [
  'add_unfinished',
  'rotation_unfinished',
  'rename_unfinished',
  'remove_unfinished',
];

/** Changes that were interrupted, each with what ends it. */
export const changes: CheckGroup = {
  name: 'changes',
  run: (ctx) => {
    const registry = knownRegistry(ctx);
    if (registry === null) return [];
    const warnings = warningsOf(registry, ctx).filter(({ code }) => UNFINISHED.includes(code));
    if (warnings.length === 0) return [ok('changes', 'none was interrupted')];
    return warnings.map(({ message, hint, code, key }) => ({
      ...warn('changes', message, hint),
      data: { code, key: key ?? null },
    }));
  },
};

/** Which key a command without a name means here, and why; a failure when that is one that is not there. */
export const choice: CheckGroup = {
  name: 'key in use',
  run: (ctx) => {
    const registry = knownRegistry(ctx);
    if (registry === null) return [];
    const folder = findFolderFile(ctx.cwd);
    const isChosen = folder !== null || registry.default !== null || Boolean(ctx.env['CLAUDE_KEYS_KEY']);
    const keys = listKeys(registry);
    if (!isChosen && keys.length === 0) return [ok('key in use', 'none: there are no keys yet')];
    if (!isChosen && keys.length > 1) {
      const message = 'a command without a name does not know which key is meant: none is the default';
      return [warn('key in use', message, 'claude-keys use NAME, or in a project: claude-keys use --here NAME')];
    }
    const resolved = resolvedOrWhy(ctx);
    if (!('entry' in resolved)) {
      const data = { key: null, because: null, folder: folder === null ? null : folderData(ctx, folder) };
      return [{ ...resolved, data }];
    }
    const { entry, because } = resolved;
    const overruled = folder !== null && because !== folder.file ? `; it comes before ${folder.file}` : '';
    const data = { key: entry.name, because, folder: folder === null ? null : folderData(ctx, folder) };
    const asked = data.folder === null || data.folder.allowed || !followsFolders(ctx);
    const message = `${entry.name} (${because}${overruled})`;
    if (asked) return [{ ...ok('key in use', message), data }];
    return [{ ...ok('key in use', `${message}; shells do not follow ${folder?.file}: it was not allowed`), data }];
  },
};

function resolvedOrWhy(ctx: Context): ResolvedKey | Check {
  try {
    return resolveKey(ctx, undefined);
  } catch (error) {
    return failure('key in use', error);
  }
}

function folderData(ctx: Context, { file, name }: { file: string; name: string }) {
  return { file, name, allowed: isAllowed(ctx, { folder: physical(ctx, dirname(file)), name }) };
}

/** Whether some shell was set up with `--auto`. */
function followsFolders(ctx: Context): boolean {
  return INSTALLED_SHELLS.some((shell) => {
    const line = madeBy(ownChange(generatedFiles(ctx, shell).code, null));
    return line?.includes(' --auto') === true;
  });
}
