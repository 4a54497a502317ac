import { UserError } from '../errors.ts';

/**
 * The block of ours in a profile, put in and taken out without any other byte changed. Profiles are bytes here: they
 * may be of any encoding that keeps ASCII.
 *
 * What was before the block decides how to leave, so the block's own first line tells it: whether the line end before
 * the block is ours (the profile had no last newline), or the whole file.
 */
const BEGIN = '# >>> claude-keys >>>';
const END = '# <<< claude-keys <<<';
const NOTES = { newline: ' (and the line end before it)', file: ' (and this file)' } as const;

const BLOCK =
  /^# >>> claude-keys >>>( \([a-z ]+\))?\r?\n(?:(?!# <<< claude-keys <<<)[^\n]*\n)*?# <<< claude-keys <<<[^\n]*(?:\n|$)/m;

const MARKS = /^# (?:>>> claude-keys >>>|<<< claude-keys <<<)/gm;

/** A profile as it is to be written; null: there should be no such file. */
export type Profile = Buffer | null;

/**
 * The profile with the block: in the place of the one that is there, else at the end.
 * @param before null for a profile that is not there
 * @param code the block's code: lines, without the last line end
 * @param lineEnd of a new block; one that is there keeps its own
 * @throws {UserError} `bad_settings` for a file that cannot take it
 */
export function withBlock(path: string, before: Profile, code: string, lineEnd: '\n' | '\r\n' = '\n'): Buffer {
  const text = textOf(path, before);
  const body = latin1(`${code}\n${END}\n`);
  const there = BLOCK.exec(text);
  if (there !== null) {
    const block = `${BEGIN}${there[1] ?? ''}\n${body}`.replaceAll('\n', lineEndOf(there[0]));
    const end = there.index + there[0].length;
    return bytes(text.slice(0, there.index) + block + text.slice(end));
  }
  const note = before === null ? NOTES.file : text !== '' && !text.endsWith('\n') ? NOTES.newline : '';
  const block = `${note === NOTES.newline ? '\n' : ''}${BEGIN}${note}\n${body}`;
  return bytes(text + block.replaceAll('\n', lineEnd));
}

/** The profile without the block: as it was, if the rest was not changed since. */
export function withoutBlock(path: string, before: Profile): Profile {
  let text = textOf(path, before);
  for (let found = BLOCK.exec(text); found !== null; found = BLOCK.exec(text)) {
    const rest = text.slice(found.index + found[0].length);
    const note = found[1] ?? '';
    let head = text.slice(0, found.index);
    // Where lines were added behind the block, the line end before it is needed.
    if (note === NOTES.newline && rest === '') head = withoutLineEnd(head, found[0]);
    if (note === NOTES.file && head === '' && rest === '') return null;
    text = head + rest;
  }
  return before === null ? null : bytes(text);
}

/** Whether there is a block. @throws {UserError} `bad_settings` for a file that cannot have one. */
export function hasBlock(path: string, content: Profile): boolean {
  return BLOCK.test(textOf(path, content));
}

/** Ours is the one that the block's own lines have: a lone CR before it belongs to the profile. */
function withoutLineEnd(head: string, block: string): string {
  const lineEnd = lineEndOf(block);
  return head.endsWith(lineEnd) ? head.slice(0, -lineEnd.length) : head;
}

function lineEndOf(block: string): string {
  return /^[^\n]*\r\n/.test(block) ? '\r\n' : '\n';
}

function textOf(path: string, content: Profile): string {
  const text = content?.toString('latin1') ?? '';
  if (text.startsWith('\xff\xfe') || text.startsWith('\xfe\xff') || text.includes('\0')) {
    throw leftAlone(path, 'it is UTF-16 or no text', 'save it as UTF-8, then run the same command again');
  }
  // Everything up to the end mark is ours: without one there is no telling where the user's own lines begin.
  const marks = [...text.matchAll(MARKS)].map(([mark]) => mark);
  if (marks.length % 2 !== 0 || marks.some((mark, at) => mark !== (at % 2 === 0 ? BEGIN : END))) {
    throw leftAlone(
      path,
      'the block of claude-keys in it lacks a mark',
      `take out by hand what is left of it: ${BEGIN}`,
    );
  }
  return text;
}

function leftAlone(path: string, why: string, hint: string): UserError {
  return new UserError('bad_settings', `${path} was left alone: ${why}`, { hint });
}

/** UTF-8, each byte a character. */
function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function bytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
