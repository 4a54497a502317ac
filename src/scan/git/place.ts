import { join } from 'node:path';
import type { Place } from '../findings.ts';
import type { Where } from '../hit.ts';
import { scrub } from '../scrub.ts';
import type { Session } from '../session.ts';
import type { Commit } from './log.ts';
import { utf8 } from './run.ts';

/** The place of a file of a commit. */
export function placeOf(session: Session, root: string, commit: Commit, path: string, where: Where): Place {
  return { file: session.label(join(root, utf8(path))), where, ignored: false, ...fieldsOf(commit) };
}

export function fieldsOf({ id, author, date, ref }: Commit): Pick<Place, 'commit' | 'author' | 'date' | 'ref'> {
  return { commit: id, author: scrub(author), date, ref: ref === id || ref === '' ? null : scrub(ref) };
}

/** What a ref says of what it leads to. */
export function whereOf(ref: string): Where {
  if (ref === 'refs/stash' || ref.startsWith('refs/stash@')) return 'stash';
  return ref.startsWith('refs/notes/') ? 'note' : 'history';
}
