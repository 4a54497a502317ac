import { existsSync } from 'node:fs';
import type { Context } from '../context.ts';
import { readIfThere } from '../files/replace.ts';
import { hasBlock } from '../integration/block.ts';
import { ownChange } from '../integration/changes.ts';
import { madeBy } from '../integration/install.ts';
import { generatedFiles, INSTALLED_SHELLS, type InstalledShell, possibleProfiles } from '../integration/places.ts';
import { type Check, type CheckGroup, ok, warn } from './check.ts';

const NAME = 'shells';

/** What `shell install` has put into which shell, and whether it is still whole. */
export const shells: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const found = INSTALLED_SHELLS.flatMap((shell) => shellCheck(ctx, shell));
    return found.length > 0 ? found : [ok(NAME, 'none is set up (claude-keys shell install)')];
  },
};

function shellCheck(ctx: Context, shell: InstalledShell): Check[] {
  const { code } = generatedFiles(ctx, shell);
  const profile = possibleProfiles(ctx, shell).find(hasOurs);
  const made = existsSync(code) ? madeBy(ownChange(code, null)) : null;
  const again = made ?? `claude-keys shell install ${shell}`;
  if (profile === undefined) {
    return made === null
      ? []
      : [warn(NAME, `no profile of ${shell} loads ${code}`, `${again}, or: claude-keys shell uninstall ${shell}`)];
  }
  if (made === null) return [warn(NAME, `${profile} loads ${code}, which is not there`, again)];
  return [{ ...ok(NAME, `${profile} loads what this made: ${made}`), data: { shell, profile, code, made } }];
}

/** Of a profile that cannot be read nothing is known, and the shell cannot read it either. */
function hasOurs(path: string): boolean {
  try {
    return hasBlock(path, readIfThere(path));
  } catch {
    return false;
  }
}
