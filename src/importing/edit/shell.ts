import { type Edit, lineAround, type Remover, removeFromComment, type Target } from './edit.ts';
import { type Command, commandAround } from './shell-command.ts';
import { type Dialect, type Lexed, lex, type Token } from './shell-lexer.ts';

/** Takes a key out of a profile of sh, bash, zsh or ksh. */
export const removeFromPosix: Remover = (text, target, note) => remove(text, target, note, 'posix');

/** Takes a key out of a profile of fish. */
export const removeFromFish: Remover = (text, target, note) => remove(text, target, note, 'fish');

type Note = (variable: string) => string;

function remove(text: string, target: Target, note: Note, dialect: Dialect): Edit | string {
  const lexed = lex(text, dialect);
  if (target.start >= lexed.sureUntil)
    return 'a quote or here-document before it has no end, so it cannot be told apart';
  const index = lexed.tokens.findIndex(({ start, end }) => start <= target.start && target.end <= end);
  const token = lexed.tokens[index];
  if (token === undefined) return 'it stands in a here-document, which is text for another program';
  if (token.kind === 'comment') return removeFromComment(text, token, target, note);
  const command = commandAround(text, lexed, index, dialect);
  const meaning = meaningOf(text, target, token, command, dialect);
  if (typeof meaning === 'string') return meaning;
  if ('cut' in meaning) return meaning.cut;
  return takeOut(text, lexed, command, note(meaning.variable), dialect);
}

/** What the key is to the command it stands in: all that the command is for, a part that can go, or needed. */
type Meaning = { readonly variable: string } | { readonly cut: Edit } | string;

const SETTERS = new Set(['export', 'declare', 'typeset', 'readonly', 'local', 'env', '/usr/bin/env']);

function meaningOf(text: string, target: Target, token: Token, command: Command, dialect: Dialect): Meaning {
  if (command.redirected) return 'its line redirects something, and may need it';
  const words = command.words.map(({ start, end }) => text.slice(start, end));
  const own = command.words.findIndex(({ start }) => start === token.start);
  const nameAt = words.findIndex((word) => !/^[A-Za-z_][A-Za-z0-9_]*\+?=/.test(word));
  const name = words[nameAt] ?? '';
  if (name === 'alias') return inAlias(text, target, token);
  if (name === 'set' && dialect === 'fish') return inFishSet(text, target, token, words.slice(1), own - 1);
  const variable = assigned(text, target, token);
  if (variable === null) return 'it is part of something longer';
  if (nameAt < 0) return words.length === 1 ? { variable } : { cut: withoutWord(command, own) };
  if (own < nameAt) return { cut: withoutWord(command, own) };
  if (!SETTERS.has(name)) return `it is an argument of ${/^[\w./-]{1,40}$/.test(name) ? name : 'a command'}`;
  const others = words.filter((word, at) => at > nameAt && at !== own && !word.startsWith('-'));
  if (others.length > 0 || nameAt > 0) return { cut: withoutWord(command, own) };
  return name.endsWith('env') ? 'it is the only word of env' : { variable };
}

/** The variable, when the word is an assignment of the key and nothing else: `NAME=key`, `NAME="key"`, `"NAME=key"`. */
function assigned(text: string, target: Target, token: Token): string | null {
  const before = text.slice(token.start, target.start);
  const after = text.slice(target.end, token.end);
  const inside = /^([A-Za-z_][A-Za-z0-9_]*)=(|"|'|\$')$/.exec(before);
  if (inside !== null) return after === (inside[2] ?? '').replace('$', '') ? (inside[1] ?? null) : null;
  const whole = /^(["'])([A-Za-z_][A-Za-z0-9_]*)=$/.exec(before);
  return whole !== null && after === whole[1] ? (whole[2] ?? null) : null;
}

/** `alias x='NAME=key command'`: the command stays. */
function inAlias(text: string, target: Target, token: Token): Meaning {
  const before = text.slice(token.start, target.start);
  const start = /^(?:[\w.:-]+=)?["'](?:env[ \t]+)?(?=[A-Za-z_][A-Za-z0-9_]*=$)/.exec(before)?.[0].length;
  const gap = /^[ \t]+(?=[^\s"'])/.exec(text.slice(target.end, token.end))?.[0].length;
  if (start === undefined || gap === undefined) return 'it is part of an alias';
  return { cut: { start: token.start + start, end: target.end + gap, text: '' } };
}

/** `set -gx NAME key`. */
function inFishSet(text: string, target: Target, token: Token, args: readonly string[], own: number): Meaning {
  const before = text.slice(token.start, target.start);
  const after = text.slice(target.end, token.end);
  const values = args.filter((arg) => !arg.startsWith('-'));
  const variable = values[0] ?? '';
  const fits = /^["']?$/.test(before) && before === after && values.length === 2 && own === args.length - 1;
  if (!fits || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable)) return 'it is one of several values of a variable';
  return { variable };
}

/** Without one word and the blanks beside it: those before it, or those behind it when it is the first. */
function withoutWord({ words }: Command, at: number): Edit {
  const word = words[at] as Token;
  const before = words[at - 1];
  const next = words[at + 1];
  if (before !== undefined) return { start: before.end, end: word.end, text: '' };
  return { start: word.start, end: next?.start ?? word.end, text: '' };
}

/** Without the whole command: a comment where it had the line for itself, else as little as possible. */
function takeOut(text: string, { tokens }: Lexed, command: Command, note: string, dialect: Dialect): Edit {
  const { start, end, before, after, needed } = command;
  const line = lineAround(text, start);
  const ownsBefore = /^[ \t]*$/.test(text.slice(line.start, start));
  const semicolon = isSemicolon(text, after) ? after : undefined;
  const next = semicolon === undefined ? after : tokens[tokens.indexOf(semicolon) + 1];
  const ownsAfter = next === undefined || next.kind === 'newline' || next.kind === 'comment';
  const idle = dialect === 'fish' ? 'true' : ':';
  if (ownsBefore && ownsAfter) {
    const whole = { start, end: semicolon?.end ?? end };
    if (!needed) return { ...whole, text: `# ${note}` };
    return { ...whole, text: next?.kind === 'comment' ? idle : `${idle} # ${note}` };
  }
  if (!needed && isSemicolon(text, before)) return { start: before?.start ?? start, end, text: '' };
  if (!needed && ownsBefore && semicolon !== undefined) return { start, end: next?.start ?? semicolon.end, text: '' };
  return { start, end, text: idle };
}

function isSemicolon(text: string, token: Token | undefined): boolean {
  return token !== undefined && text.slice(token.start, token.end) === ';';
}
