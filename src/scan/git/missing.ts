import type { Context } from '../../context.ts';
import { Scanner } from '../scanner.ts';
import { placeIn, type Session } from '../session.ts';
import { ended, type Repository, startGit } from './run.ts';

const MOST_TOLD = 20;

/**
 * Follows everything that refs and reflogs lead to, and says which objects are not there. The names of files come by on
 * the way, and are looked at too: a key can be in a name.
 */
export async function lookForMissing(ctx: Context, session: Session, repository: Repository): Promise<void> {
  const args = ['rev-list', '--objects', '--all', '--reflog', '--missing=print'];
  const child = startGit(ctx, repository, args);
  const end = ended(child);
  child.stdin?.end();
  const scanner = new Scanner();
  let rest = '';
  let missing = 0;
  child.stdout?.on('data', (piece: Buffer) => {
    if (session.isOver) child.kill();
    scanner.write(piece);
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
  const { code, said } = await end;
  if (missing > MOST_TOLD)
    session.skip({ what: '<objects>', why: `${missing - MOST_TOLD} more are missing`, failed: true });
  session.add(scanner.end(), placeIn('<name of a file>', 'history'));
  if (code !== 0 && !session.isOver) {
    session.skip({ what: '<history>', why: said.split('\n', 1)[0] || `git rev-list ended with ${code}`, failed: true });
  }
}
