import type { Context } from '../../context.ts';
import type { ObjectType } from './batch-reader.ts';
import { type Prefix, prefixIn } from './object-table.ts';
import { ended, type Repository, reasonOf, startGit } from './run.ts';

const NEWLINE = 10;
const SPACE = 32;
/** By the second letter; of what it cannot read, git says `missing`. */
const TYPES: ReadonlyMap<number | undefined, ObjectType> = new Map(
  (['blob', 'commit', 'tag', 'tree'] as const).map((type) => [type.charCodeAt(1), type]),
);

/** Lists every object that git has, whether anything leads to it or not, in blocks of neighbours. */
export class ObjectList {
  readonly #child;
  readonly #ended;

  constructor(ctx: Context, repository: Repository) {
    const check = '--batch-check=%(objectname) %(objecttype)';
    this.#child = startGit(ctx, repository, ['cat-file', '--batch-all-objects', '--unordered', check]);
    this.#ended = ended(this.#child);
    this.#child.stdin?.end();
  }

  /**
   * @param wants is asked of every object once; the type is null when git cannot read it
   * @returns the ids of those that are wanted, each in a line, in blocks of up to some thousand
   */
  async *idsOf(wants: (object: Prefix, type: ObjectType | null) => boolean): AsyncGenerator<Buffer> {
    let rest = Buffer.alloc(0);
    for await (const piece of this.#child.stdout ?? []) {
      const bytes = Buffer.concat([rest, piece as Buffer]);
      let [begin, length] = [0, 0];
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
        const idEnd = bytes.indexOf(SPACE, begin);
        const type = TYPES.get(bytes[idEnd + 2]) ?? null;
        if (wants(prefixIn(bytes, begin), type)) {
          // What is wanted is moved together, to the front.
          bytes.copyWithin(length, begin, idEnd);
          length += idEnd - begin;
          bytes[length++] = NEWLINE;
        }
        begin = end + 1;
      }
      rest = Buffer.from(bytes.subarray(begin));
      if (length > 0) yield bytes.subarray(0, length);
    }
  }

  /** @returns why not all could be listed, or null */
  async end(): Promise<string | null> {
    return reasonOf(await this.#ended, 'cat-file');
  }
}
