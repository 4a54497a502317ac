import type { KeyEntry } from '../keys/entry.ts';
import { isThere } from '../keys/entry.ts';
import type { Registry } from '../keys/registry.ts';
import type { Finding, Occurrence } from './findings.ts';
import type { Row } from './report/result.ts';

/** The stored key that has this secret in one of its slots. */
export function storedAs(registry: Registry, fingerprint: string): KeyEntry | null {
  const slots = ['current', 'pending', 'previous'] as const;
  const isIt = (entry: KeyEntry) => slots.some((slot) => entry[slot]?.fingerprint === fingerprint);
  return [...registry.keys.values()].find((entry) => isThere(entry) && isIt(entry)) ?? null;
}

/**
 * What to do about a finding, in this order: end the credential, then take it out. It is ended first: whoever has read it
 * has it, and taking it out of a history changes nothing of that.
 */
export function nextSteps(finding: Finding, entry: KeyEntry | null, live: Row['live'], registry: Registry): string[] {
  return [...ending(finding, entry, live, registry), ...takingOut(finding.occurrences, finding)];
}

const CONSOLE = 'https://platform.claude.com/settings/keys';

function ending(finding: Finding, entry: KeyEntry | null, live: Row['live'], registry: Registry): string[] {
  const { kind, fingerprint, occurrences, confidence } = finding;
  if (live === 'rejected') return [];
  if (entry?.current.fingerprint === fingerprint) return [`claude-keys rotate ${entry.name} --retire now`];
  if (entry?.previous?.fingerprint === fingerprint) return [`claude-keys retire ${entry.name}`];
  if (entry !== null) return [`claude-keys rotate ${entry.name} --abort`];
  if (confidence === 'low')
    return ['if it is an example only, allow it: put claude-keys:allow behind it, in a comment'];
  if (kind === 'refresh' || kind === 'session') return ['end the session: log out of Claude where it was made'];
  if (kind === 'oauth') return ['make it invalid: claude.ai/settings/claude-code, then log in again'];
  const file = occurrences.find(({ where, encoding }) => where === 'worktree' && encoding === null)?.file;
  const hasAdmin = [...registry.keys.values()].some((each) => each.kind === 'admin' && isThere(each));
  return [
    hasAdmin
      ? `claude-keys console disable ${finding.redacted}`
      : `switch off ${finding.redacted} in the Console: ${CONSOLE}`,
    ...(file === undefined || live === null || live === 'disabled'
      ? []
      : [`if it is still needed, keep it: claude-keys import ${quoted(file)}`]),
  ];
}

function takingOut(occurrences: readonly Occurrence[], { redacted }: Finding): string[] {
  // `import --remove` takes out what stands there as it is.
  const plain = occurrences.filter(({ encoding }) => encoding === null);
  const files = filesOf(plain, 'worktree');
  const staged = filesOf(occurrences, 'index');
  const past = occurrences.filter(({ where }) => where === 'history' || where === 'message' || where === 'note');
  const paths = filesOf(occurrences, 'history');
  return [
    ...(files.length > 0 ? [`claude-keys import ${files.slice(0, 5).map(quoted).join(' ')} --remove`] : []),
    ...(staged.length > 0 ? [`git restore --staged ${staged.slice(0, 5).map(quoted).join(' ')}`] : []),
    ...(past.length > 0 ? [rewriting(paths, redacted)] : []),
    ...(occurrences.some(({ where }) => where === 'stash')
      ? ['git stash list, then git stash drop for the one that has it']
      : []),
    ...(occurrences.some(({ where }) => where === 'dangling')
      ? ['git reflog expire --expire=now --all && git gc --prune=now']
      : []),
  ];
}

/** The secret itself is not part of the command: a pattern stands for it, whose ends are what the Console shows. */
function rewriting(paths: readonly string[], redacted: string): string {
  const pattern = redacted.replace('...', '[A-Za-z0-9_-]+');
  const text = paths.length > 0 ? '--replace-text' : '--replace-message';
  return `once it is dead, out of the history: git filter-repo ${text} <(echo 'regex:${pattern}==>REMOVED')`;
}

function filesOf(occurrences: readonly Occurrence[], wanted: Occurrence['where']): string[] {
  return [...new Set(occurrences.filter(({ where }) => where === wanted).map(({ file }) => file))];
}

function quoted(given: string): string {
  const path = given.startsWith('-') ? `./${given}` : given;
  return /^[\w./~@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
