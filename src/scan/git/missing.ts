import type { Context } from '../../context.ts';
import type { Session } from '../session.ts';
import { ended, type Repository, reasonOf, startGit } from './run.ts';

const MOST_TOLD = 20;

/** Follows everything that refs and reflogs lead to, and says which objects are not there. */
export async function lookForMissing(ctx: Context, session: Session, repository: Repository): Promise<void> {
  const args = [
    'rev-list',
    '--objects',
    '--no-object-names',
    '--all',
    '--reflog',
    '--indexed-objects',
    '--missing=print',
  ];
  const child = startGit(ctx, repository, args);
  const end = ended(child);
  child.stdin?.end();
  let rest = '';
  let missing = 0;
  child.stdout?.on('data', (piece: Buffer) => {
    if (session.isOver) child.kill();
    if (!piece.includes('?') && !rest.startsWith('?')) {
      rest = piece.toString('latin1', piece.lastIndexOf(10) + 1);
      return;
    }
    const lines = (rest + piece.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => /^\?[0-9a-f]{40,64}$/.test(each))) {
      missing += 1;
      if (missing <= MOST_TOLD) session.skip({ what: `<object ${line.slice(1)}>`, why: 'it is missing', failed: true });
    }
  });
  const why = reasonOf(await end, 'rev-list');
  if (missing > MOST_TOLD)
    session.skip({ what: '<objects>', why: `${missing - MOST_TOLD} more are missing`, failed: true });
  if (why !== null && !session.isOver) session.skip({ what: '<history>', why, failed: true });
}
