import type { Context } from '../../context.ts';
import { type Ended, ended, type Repository, SUBMODULE, startGit, utf8 } from './run.ts';

export interface Commit {
  readonly id: string;
  /** The ref by which it was reached; for one that no ref leads to, its own id. */
  readonly ref: string;
  readonly author: string;
  readonly date: string;
}

/** Told of every commit, and of every file that it brings: one that no parent has like this. */
export interface LogVisitor {
  onCommit?(commit: Commit): void;
  onFile(commit: Commit, blob: string, path: string): void;
}

const MARK = '\u0001';
const FORMAT = '--format=tformat:%x01%H%x01%S%x01%aI%x01%an <%ae>';
const RAW = [
  '--raw',
  '-z',
  '-c',
  '--no-abbrev',
  '--no-renames',
  '--no-color',
  '--no-ext-diff',
  '--no-textconv',
  '--root',
];
const MOST_TOKEN = 1_048_576;

/**
 * Goes through commits, the newest first.
 * @param revisions what `git log` takes: ids, ranges, `--all`
 * @param input further ids for `--stdin`
 */
export async function readLog(
  ctx: Pick<Context, 'env'>,
  repository: Repository,
  revisions: readonly string[],
  visitor: LogVisitor,
  input = '',
): Promise<Ended> {
  const child = startGit(ctx, repository, ['log', FORMAT, ...RAW, '--encoding=UTF-8', ...revisions, '--']);
  const parser = new LogParser(visitor);
  child.stdout?.on('data', (piece: Buffer) => parser.write(piece.toString('latin1')));
  const end = ended(child);
  child.stdin?.end(input);
  return end;
}

/** Reads tokens that end with NUL: a commit, or an entry and then its path. */
class LogParser {
  readonly #visitor: LogVisitor;
  #rest = '';
  #commit: Commit | null = null;
  #blob: string | null = null;

  constructor(visitor: LogVisitor) {
    this.#visitor = visitor;
  }

  write(text: string): void {
    const tokens = (this.#rest + text).split('\0');
    this.#rest = (tokens.pop() ?? '').slice(0, MOST_TOKEN);
    for (const token of tokens) this.#read(token);
  }

  #read(token: string): void {
    if (this.#blob !== null) {
      if (this.#commit !== null && this.#blob !== '') this.#visitor.onFile(this.#commit, this.#blob, token);
      this.#blob = null;
      return;
    }
    const at = Math.min(...[MARK, ':'].map((sign) => token.indexOf(sign)).filter((place) => place >= 0));
    if (token[at] === ':') this.#blob = blobOf(token.slice(at));
    else if (token[at] === MARK) this.#begin(token.slice(at + 1));
  }

  #begin(token: string): void {
    const [id = '', ref = '', date = '', ...author] = token.split(MARK);
    this.#commit = { id, ref: utf8(ref), date, author: utf8(author.join(' ')) };
    this.#visitor.onCommit?.(this.#commit);
  }
}

/**
 * `:100644 100644 OLD NEW M`; of a merge, one more mode and id for each parent. The last id is the file as it became; of
 * a submodule it is a commit, which is not here, and nothing is given.
 */
function blobOf(entry: string): string {
  const parts = entry.trimEnd().split(' ');
  return parts[(parts.length - 1) / 2 - 1] === SUBMODULE ? '' : (parts.at(-2) ?? '');
}
