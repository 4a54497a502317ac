import type { Context } from '../../context.ts';
import type { Hit } from '../hit.ts';
import { Scanner, SMALL } from '../scanner.ts';
import { send } from './objects.ts';
import { ended, type Repository, startGit } from './run.ts';

/** Looks at the names of all files of all times: what trees hold, whether anything leads to them or not. */
export class Names {
  readonly #child;
  readonly #ended;
  readonly #scanner = new Scanner();

  constructor(ctx: Context, repository: Repository, isOver: () => boolean) {
    const child = startGit(ctx, repository, ['cat-file', '--batch', '--buffer']);
    this.#child = child;
    this.#ended = ended(child);
    // Names end with a zero byte and ids stand between them, so that all trees are read as one text.
    child.stdout?.on('data', (piece: Buffer) => (isOver() ? child.kill() : this.#scanner.write(piece)));
  }

  look(trees: readonly string[]): Promise<void> {
    return send(this.#child, trees);
  }

  /** The values that stand in a name, and why not all could be read, or null. */
  async end(): Promise<{ readonly values: ReadonlyMap<string, Hit>; readonly failure: string | null }> {
    this.#child.stdin?.end();
    const { code, said } = await this.#ended;
    const failure = code === 0 ? null : said.split('\n', 1)[0] || `git cat-file ended with ${code}`;
    return { values: new Map(this.#scanner.end().map((hit) => [hit.value, hit])), failure };
  }
}

let scanner: Scanner | undefined;

/** The credentials in one name. */
export function hitsInName(latin1: string): readonly Hit[] {
  scanner ??= new Scanner(SMALL);
  scanner.write(Buffer.from(latin1, 'latin1'));
  return scanner.end();
}
