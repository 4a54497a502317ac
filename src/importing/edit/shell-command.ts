import type { Dialect, Lexed, Token } from './shell-lexer.ts';

/** A simple command: its words, and what stands around it. */
export interface Command {
  readonly words: readonly Token[];
  readonly start: number;
  readonly end: number;
  /** The token before and behind it; undefined at the ends of the text. */
  readonly before: Token | undefined;
  readonly after: Token | undefined;
  /** Something must stand in its place: a body (`then …`) may have nothing else, `&&` needs a right side. */
  readonly needed: boolean;
  readonly redirected: boolean;
}

/** Words behind which a command must follow. */
const OPENERS: Readonly<Record<Dialect, ReadonlySet<string>>> = {
  posix: new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '{', '!', 'time']),
  // Blocks may be empty in fish.
  fish: new Set(['if', 'while', 'and', 'or', 'not', '!', 'else', 'begin']),
};
const CONTINUES = new Set(['&&', '||', '|', '|&', '(', ')']);
const SEPARATORS = new Set([';', ';;', ';&', ';;&', '&', ...CONTINUES]);

/** The command around the word with this index. */
export function commandAround(text: string, { tokens }: Lexed, index: number, dialect: Dialect): Command {
  const textOf = (token: Token | undefined) => (token === undefined ? '' : text.slice(token.start, token.end));
  let first = index;
  while (tokens[first - 1]?.kind === 'word') first -= 1;
  let last = index;
  while (tokens[last + 1]?.kind === 'word') last += 1;
  const before = tokens[first - 1];
  const after = tokens[last + 1];
  let opened = false;
  while (first < index && OPENERS[dialect].has(textOf(tokens[first]))) {
    opened = true;
    first += 1;
  }
  const words = tokens.slice(first, last + 1);
  return {
    words,
    start: words[0]?.start ?? 0,
    end: words.at(-1)?.end ?? 0,
    before: opened ? undefined : before,
    after,
    needed: opened || CONTINUES.has(textOf(after)) || opensBefore(tokens, first - 1, textOf, dialect),
    redirected: [before, after].some((token) => token?.kind === 'operator' && !SEPARATORS.has(textOf(token))),
  };
}

/** Whether what comes before, over line ends and comments, asks for a command. */
function opensBefore(
  tokens: readonly Token[],
  from: number,
  textOf: (token: Token | undefined) => string,
  dialect: Dialect,
): boolean {
  let at = from;
  while (tokens[at]?.kind === 'newline' || tokens[at]?.kind === 'comment') at -= 1;
  const token = tokens[at];
  if (token?.kind === 'operator') return CONTINUES.has(textOf(token));
  return token !== undefined && OPENERS[dialect].has(textOf(token));
}
