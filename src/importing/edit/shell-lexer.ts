import { markLength } from './edit.ts';

/** The shells whose words are told apart: sh, bash, zsh and ksh as one, and fish. */
export type Dialect = 'posix' | 'fish';

export interface Token {
  readonly kind: 'word' | 'operator' | 'newline' | 'comment';
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  /** In order. What lies in no token is blank or the body of a here-document. */
  readonly tokens: readonly Token[];
  /** Where something began that has no end: nothing from there on is certain. */
  readonly sureUntil: number;
}

const OPERATOR = /;;&|;;|;&|&&|\|\||\|&|&>>|&>|<<<|<<-|<<|<&|>&|>>|>\||[;&|()<>]/y;
const BLANK = /(?:[ \t]|\r(?=\n)|\\\r?\n)+/y;
/** Other white space, of Unicode above all, is a character of a word like any other. */
const ENDS_WORD = /[ \t\n;&|<>)]|\r(?=\n)/y;

/** Splits shell code into words, operators, line ends and comments, as far as it can be read with certainty. */
export function lex(text: string, dialect: Dialect): Lexed {
  const tokens: Token[] = [];
  const pending: { readonly delimiter: string; readonly tabs: boolean }[] = [];
  let heredoc: '<<' | '<<-' | null = null;
  let at = markLength(text);
  const add = (kind: Token['kind'], end: number) => {
    tokens.push({ kind, start: at, end });
    at = end;
  };
  while (at < text.length) {
    const blank = match(BLANK, text, at);
    if (blank > 0) at += blank;
    else if (text[at] === '\n') {
      add('newline', at + 1);
      for (const body of pending.splice(0)) {
        const end = endOfHeredoc(text, at, body);
        if (end < 0) return { tokens, sureUntil: at };
        at = end;
      }
    } else if (text[at] === '#') add('comment', lineEnd(text, at));
    else {
      const length = dialect === 'fish' && text[at] === '(' ? 0 : match(OPERATOR, text, at);
      if (length > 0) {
        const operator = text.slice(at, at + length);
        if (dialect === 'posix' && (operator === '<<' || operator === '<<-')) heredoc = operator;
        add('operator', at + length);
        continue;
      }
      const end = endOfWord(text, at, dialect);
      if (end <= at) return { tokens, sureUntil: at };
      if (heredoc !== null) {
        pending.push({ delimiter: text.slice(at, end).replace(/["'\\]/g, ''), tabs: heredoc === '<<-' });
        heredoc = null;
      }
      add('word', end);
    }
  }
  return { tokens, sureUntil: text.length };
}

function match(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function endOfHeredoc(text: string, from: number, body: { delimiter: string; tabs: boolean }): number {
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, '');
    at = end < 0 ? text.length : end + 1;
    if ((body.tabs ? line.replace(/^\t+/, '') : line) === body.delimiter) return at;
  }
  return -1;
}

/** The offset behind the word; -1 when a quote or bracket in it is never closed. */
function endOfWord(text: string, from: number, dialect: Dialect): number {
  let at = from;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (match(ENDS_WORD, text, at) > 0) break;
    // `name=(…)` is a list; elsewhere a bracket ends the word. In fish it is a substitution.
    if (character === '(' && dialect === 'posix' && text[at - 1] !== '=') break;
    const next = character === '(' ? endOfBracket(text, at + 1, ')', dialect) : endOfPart(text, at, dialect);
    if (next < 0) return -1;
    at = next;
  }
  return at;
}

/** The offset behind one character, quoted string or substitution; -1 when it has no end. */
function endOfPart(text: string, at: number, dialect: Dialect): number {
  const two = text.slice(at, at + 2);
  if (two === '$(') return endOfBracket(text, at + 2, ')', dialect);
  if (two === '${') return endOfBracket(text, at + 2, '}', dialect);
  if (two === "$'" && dialect === 'posix') return endOfString(text, at + 2, "'", true, dialect);
  switch (text[at]) {
    case '\\':
      return Math.min(at + 2, text.length);
    case "'":
      return endOfString(text, at + 1, "'", dialect === 'fish', dialect);
    case '"':
      return endOfString(text, at + 1, '"', true, dialect);
    case '`':
      return dialect === 'fish' ? at + 1 : endOfString(text, at + 1, '`', true, dialect);
    default:
      return at + 1;
  }
}

function endOfString(text: string, from: number, quote: string, escapes: boolean, dialect: Dialect): number {
  for (let at = from; at < text.length; ) {
    if (text[at] === quote) return at + 1;
    const nested =
      quote === '"' && (/^\$[({]/.test(text.slice(at, at + 2)) || (text[at] === '`' && dialect === 'posix'));
    if (nested && text[at + 1] === '{') at = endOfBracket(text, at + 2, '}', dialect, true);
    else if (nested) at = endOfPart(text, at, dialect);
    else at += escapes && text[at] === '\\' ? 2 : 1;
    if (at < 0) return -1;
  }
  return -1;
}

/** @param quoted within double quotes, where a single quote is a character like any other */
function endOfBracket(text: string, from: number, close: ')' | '}', dialect: Dialect, quoted = false): number {
  for (let at = from; at < text.length; ) {
    if (text[at] === close) return at + 1;
    if (quoted && text[at] === "'") {
      at += 1;
      continue;
    }
    if (close === ')' && text[at] === '#' && /[\s;]/.test(text[at - 1] ?? '')) at = lineEnd(text, at);
    else if (text[at] === '(' && close === ')') at = endOfBracket(text, at + 1, ')', dialect);
    else at = endOfPart(text, at, dialect);
    if (at < 0) return -1;
  }
  return -1;
}
