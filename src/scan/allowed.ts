import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isText, listOf, matching, object } from '../files/shape.ts';
import type { Allows } from './findings.ts';
import { fits } from './glob.ts';

export const CONFIG_FILE = '.claude-keys-scan.json';
const MOST_CONFIG = 10_000_000;

const Reason = matching(/\S/);
const Entries = {
  paths: listOf(object({ path: isText, reason: Reason })),
  fingerprints: listOf(object({ fingerprint: matching(/^sha256:[0-9a-f]{16}$/), reason: Reason })),
};
/** Only what is read of the document of `scan --json`. */
const isBaseline = object({
  findings: listOf(object({ fingerprint: isText, occurrences: listOf(object({ file: isText })) })),
});

/** What is accepted, with a reason each: the content of `.claude-keys-scan.json`. */
export interface Accepted {
  readonly paths: readonly { readonly path: string; readonly reason: string }[];
  readonly fingerprints: readonly { readonly fingerprint: string; readonly reason: string }[];
}

/** What {@link CONFIG_FILE} and a baseline say together. */
export function allowsOf(ctx: Context, folder: string, baseline: string | undefined): Allows {
  const file = configFileFor(folder);
  const accepted = file === null ? { paths: [], fingerprints: [] } : readAccepted(file);
  const root = file === null ? folder : dirname(file);
  const known = new Set(baseline === undefined ? [] : readBaseline(resolve(ctx.cwd, baseline)));
  const fingerprints = new Set(accepted.fingerprints.map(({ fingerprint }) => fingerprint));
  return (fingerprint, { file: name }) => {
    if (fingerprints.has(fingerprint) || known.has(`${fingerprint} ${name}`)) return true;
    if (accepted.paths.length === 0 || name.startsWith('<')) return false;
    const path = relative(root, resolve(ctx.cwd, name.replace(/!.*$/, '')))
      .split(sep)
      .join('/');
    return accepted.paths.some((each) => fits(each.path, path));
  };
}

/** The nearest file upward, up to the top of the repository. */
export function configFileFor(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, CONFIG_FILE);
    if (existsSync(file)) return file;
    if (existsSync(join(at, '.git')) || dirname(at) === at) return null;
  }
}

/** @throws {UserError} `bad_config` when it cannot be read, or an entry has no reason */
export function readAccepted(file: string): Accepted {
  const content = parse(file, readOwn);
  for (const [name, value] of Object.entries(content as object)) {
    const path: string[] = [];
    const shape = Object.hasOwn(Entries, name) ? Entries[name as keyof typeof Entries] : null;
    if (shape === null) throw badConfig(file, `${JSON.stringify(name.slice(0, 40))} is not known there`);
    if (!shape(value, path))
      throw badConfig(file, `${[name, ...path].join('.')} is not right; each entry has a reason`);
  }
  return { paths: [], fingerprints: [], ...(content as Partial<Accepted>) };
}

function readBaseline(file: string): string[] {
  const content = parse(file, (path) => readFileSync(path, 'utf8'));
  if (!isBaseline(content, [])) throw badConfig(file, 'it is no document of: claude-keys scan --json');
  return content.findings.flatMap(({ fingerprint, occurrences }) =>
    occurrences.map(({ file: name }) => `${fingerprint} ${name}`),
  );
}

function parse(file: string, read: (path: string) => string): unknown {
  try {
    const content: unknown = JSON.parse(read(file).replace(/^\ufeff/, ''));
    if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw badConfig(file, cause instanceof SyntaxError ? 'it is not JSON' : 'it cannot be read', cause);
  }
  throw badConfig(file, 'it is no object');
}

/** What the repository brings may be a link to what has no end, or a pipe that never says anything. */
function readOwn(file: string): string {
  const stats = lstatSync(file);
  if (!stats.isFile() || stats.size > MOST_CONFIG) throw badConfig(file, 'it is no plain file, or far too large');
  return readFileSync(file, 'utf8');
}

function badConfig(file: string, why: string, cause?: unknown): UserError {
  return new UserError('bad_config', `${file} is not right: ${why}`, {
    hint: '{"paths": [{"path": "test/fixtures/**", "reason": "…"}], "fingerprints": [{"fingerprint": "sha256:…", "reason": "…"}]}',
    cause,
  });
}
