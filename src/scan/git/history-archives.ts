import type { Context } from '../../context.ts';
import type { Place } from '../findings.ts';
import type { Session } from '../session.ts';
import { openBlobs } from './archives.ts';
import type { Repository } from './run.ts';

/** Adds what is in blobs that are archives, at every place that such a blob has. */
export async function addArchives(
  ctx: Context,
  session: Session,
  repository: Repository,
  ids: readonly string[],
  placesOf: (id: string) => readonly Place[],
): Promise<void> {
  for (const [id, { hits, problems }] of await openBlobs(ctx, repository, ids, () => session.isOver)) {
    for (const place of hits.length + problems.length === 0 ? [] : placesOf(id)) {
      for (const each of hits) session.add(each.hits, { ...place, file: `${place.file}${each.member}` });
      for (const { member, ...rest } of problems) session.skip({ what: `${place.file}${member}`, ...rest });
    }
  }
}
