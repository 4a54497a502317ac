import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { profiles as profileFiles } from '../importing/sources/profiles.ts';
import { identify } from '../keys/identify.ts';
import { Secret } from '../keys/secret.ts';
import { type Check, type CheckGroup, ok, quoted, warn } from './check.ts';
import { knownRegistry } from './known.ts';

const NAME = 'shell profiles';

const MAX_BYTES = 1024 * 1024;
const MOST = 20;
const SECRET = /sk-ant-[A-Za-z0-9_-]{20,}/g;

/** Keys that stand in plain text where every program that runs as the user can read them. */
export const profiles: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const names = knownNames(ctx);
    const found = pathsOf(ctx).flatMap((file) => keysIn(ctx, file, names));
    if (found.length === 0) return [ok(NAME, 'none holds a key')];
    const left = found.length - MOST;
    return [...found.slice(0, MOST), ...(left > 0 ? [warn(NAME, `and ${left} more places`)] : [])];
  },
};

/** What shells read at their start, and two files that others read in the home folder. */
function pathsOf(ctx: Context): string[] {
  const more = ['.envrc', '.env'].map((file) => join(ctx.home, file));
  return [...new Set([...profileFiles(ctx).map(({ path }) => path), ...more])];
}

function keysIn(ctx: Context, file: string, names: ReadonlyMap<string, string>): Check[] {
  const shown = file.startsWith(`${ctx.home}/`) ? `~${file.slice(ctx.home.length)}` : file;
  return readLines(file).flatMap((line, at) =>
    (line.match(SECRET) ?? []).map((value) => {
      const { redacted, fingerprint } = identify(new Secret(value));
      const name = names.get(fingerprint);
      const which = name === undefined ? redacted : `${redacted}, the key ${name},`;
      const message = `${shown}:${at + 1} holds ${which} in plain text`;
      const data = { file, line: at + 1, redacted, key: name ?? null };
      return { ...warn(NAME, message, `claude-keys import ${quoted(file)} --remove`), data };
    }),
  );
}

/** None of a file that cannot be read, is huge or is no file. */
function readLines(file: string): string[] {
  try {
    const stats = statSync(file);
    return stats.isFile() && stats.size <= MAX_BYTES ? readFileSync(file, 'utf8').split('\n') : [];
  } catch {
    return [];
  }
}

/** The names of stored keys by their fingerprints. */
function knownNames(ctx: Context): ReadonlyMap<string, string> {
  const keys = [...(knownRegistry(ctx)?.keys.values() ?? [])];
  return new Map(keys.map(({ name, current }) => [current.fingerprint, name]));
}
