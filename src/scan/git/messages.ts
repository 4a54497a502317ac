import type { Context } from '../../context.ts';
import type { Place } from '../findings.ts';
import type { Hit } from '../hit.ts';
import { Scanner, SMALL } from '../scanner.ts';
import { scrub } from '../scrub.ts';
import type { Session } from '../session.ts';
import type { Commit } from './log.ts';
import { fieldsOf } from './place.ts';
import { askGit, type Repository } from './run.ts';

/**
 * Adds what commits say and who they name. The message is a text of its own: its first line is line 1.
 * @param commitOf how the commit is reached; null for one that nothing leads to
 */
export async function addMessages(
  ctx: Context,
  session: Session,
  repository: Repository,
  ids: Iterable<string>,
  commitOf: (id: string) => Commit | null,
  isDangling: (id: string) => boolean = () => false,
): Promise<void> {
  for (const id of ids) {
    const { out } = await askGit(ctx, repository, ['cat-file', 'commit', id]);
    const fields = fieldsOf(commitOf(id) ?? commitIn(id, out));
    const where = isDangling(id) ? 'dangling' : 'message';
    addParts(session, out, { where, ignored: false, ...fields }, '<commit message>', '<commit header>');
  }
}

/**
 * The same for annotated tags.
 * @returns what they lead to
 */
export async function addTags(
  ctx: Context,
  session: Session,
  repository: Repository,
  ids: Iterable<string>,
): Promise<string[]> {
  const targets: string[] = [];
  const refs = new Map<string, string>();
  const listed = await askGit(ctx, repository, ['for-each-ref', '--format=%(objectname) %(refname)']);
  for (const line of listed.out.split('\n'))
    refs.set(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1));
  for (const id of ids) {
    const { out } = await askGit(ctx, repository, ['cat-file', 'tag', id]);
    const ref = refs.get(id) ?? null;
    const { author, date } = commitIn(id, out);
    const target = /^object ([0-9a-f]+)$/m.exec(out)?.[1] ?? null;
    if (target !== null) targets.push(target);
    const place = {
      commit: target,
      author: scrub(author),
      date,
      ignored: false,
    };
    const where = ref === null ? 'dangling' : 'message';
    addParts(session, out, { ...place, where, ref: ref && scrub(ref) }, '<tag message>', '<tag header>');
  }
  return targets;
}

function addParts(session: Session, object: string, place: Omit<Place, 'file'>, message: string, header: string): void {
  const end = object.indexOf('\n\n');
  const split = end < 0 ? object.length : end;
  session.add(hitsIn(object.slice(0, split)), { ...place, file: header });
  session.add(hitsIn(object.slice(split + 2)), { ...place, file: message });
}

function hitsIn(latin1: string): readonly Hit[] {
  const scanner = new Scanner(SMALL);
  scanner.write(Buffer.from(latin1, 'latin1'));
  return scanner.end();
}

/** Who made it and when, by the object itself. */
function commitIn(id: string, object: string): Commit {
  const [, name = '', seconds = '0'] = /^(?:author|tagger) (.*) (\d+) [+-]\d+$/m.exec(object) ?? [];
  const date = new Date(Number(seconds) * 1_000);
  return {
    id,
    ref: '',
    author: Buffer.from(name, 'latin1').toString('utf8'),
    date: Number.isNaN(date.getTime()) ? '' : date.toISOString(),
  };
}
