import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode, UserError } from '../errors.ts';
import { rewriteUserFile } from '../files/user-file.ts';
import { findKeys } from '../keys/find.ts';
import { applyEdit } from './edit/edit.ts';
import { REMOVERS } from './edit/index.ts';
import type { Place, SourceFile } from './places.ts';
import { LEFT_BEHIND } from './sources/folder.ts';

/** A place that a key is to be taken out of, and the words of the comment that takes its variable's place. */
export interface Removal {
  readonly place: Place;
  readonly note: (variable: string) => string;
}

export interface Rewrite {
  readonly text: string;
  /** The places that are gone from the text. */
  readonly gone: readonly Place[];
}

const BY_HAND = 'remove it by hand: ';

/**
 * Works out the file's text without the keys, from the last to the first, so that what is still to do keeps its offset.
 * A place that is not certain is left, with the reason in its `why`.
 */
export function planRewrite(source: SourceFile, removals: readonly Removal[]): Rewrite {
  const { keys, others } = findKeys(source.text);
  const inTheWay = [...keys, ...others];
  let text = source.text;
  const gone: Place[] = [];
  for (const { place, note } of [...removals].sort((a, b) => b.place.start - a.place.start)) {
    const edit = REMOVERS[source.syntax](text, place, note);
    if (typeof edit === 'string') {
      place.why = BY_HAND + edit;
      continue;
    }
    const hits = inTheWay.some(({ start, end }) => start !== place.start && start < edit.end && end > edit.start);
    if (hits) {
      place.why = `${BY_HAND}another key stands right beside it`;
      continue;
    }
    text = applyEdit(text, edit);
    gone.push(place);
  }
  const expected = keys.filter(({ start }) => !gone.some((place) => place.start === start));
  const left = findKeys(text).keys;
  if (
    left.length === expected.length &&
    left.every((key, at) => key.secret.equals(expected[at]?.secret ?? key.secret))
  ) {
    return { text, gone };
  }
  for (const place of gone) place.why = `${BY_HAND}the file could not be told apart`;
  return { text: source.text, gone: [] };
}

/**
 * Puts the rewritten text in place of the file.
 * @throws {UserError} `write_failed` saying why the file was left as it is.
 */
export function writeRewrite({ file, encoding, label }: SourceFile, { text }: Rewrite): void {
  const refusal = whyNot(file.target);
  if (refusal !== null) throw leftAlone(label, refusal[0], refusal[1]);
  discardLeftBehind(file.target);
  try {
    rewriteUserFile(file, Buffer.from(text, encoding));
  } catch (error) {
    if (!(error instanceof UserError) || error.cause === undefined) throw error;
    const code = systemCode(error.cause);
    if (code === 'EACCES' || code === 'EPERM')
      throw leftAlone(label, 'no permission; it, or its folder, belongs to someone else', 'run it as the owner', error);
    throw leftAlone(label, error.message.replace(/^cannot write .*?: |; nothing was changed$/g, ''), undefined, error);
  }
}

function whyNot(target: string): readonly [why: string, hint: string] | null {
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats === undefined) return ['it is no longer there', 'run the same command again'];
  if ((stats.mode & 0o222) === 0) return ['it is read-only', 'make it writable (chmod u+w), then run it again'];
  // Replacing the file would leave its other names with the key.
  if (stats.nlink > 1) return ['it has another name (a hard link), which would keep the key', 'edit it by hand'];
  return null;
}

/** What a run that was killed left beside the file; it is no running one's after a minute. */
function discardLeftBehind(target: string): void {
  const folder = dirname(target);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(basename(target)) || !LEFT_BEHIND.test(name)) continue;
    const path = join(folder, name);
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - written > 60_000) rmSync(path, { force: true });
  }
}

function leftAlone(label: string, why: string, hint = 'claude-keys doctor', cause?: unknown): UserError {
  return new UserError('write_failed', `${label} was left as it is: ${why}`, { hint, cause });
}
