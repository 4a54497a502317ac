/** One replacement in a text: what stands from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Where a key stands that is to be taken out. */
export interface Target {
  readonly start: number;
  readonly end: number;
}

/**
 * Takes one key out of a text of some syntax.
 * @param note the words of the comment that takes the place of a variable, without the comment sign
 * @returns the edit; or, where it is not certain that the rest keeps its meaning, why a person has to do it
 */
export type Remover = (text: string, target: Target, note: (variable: string) => string) => Edit | string;

/** What takes the place of a key in the middle of a comment. */
export const TAKEN_OUT = '[removed by claude-keys]';

export function applyEdit(text: string, { start, end, text: fresh }: Edit): string {
  return text.slice(0, start) + fresh + text.slice(end);
}

/** The line around an offset: its bounds (the line end, `\r\n` or `\n`, is outside) and whether a byte order mark begins it. */
export function lineAround(text: string, offset: number): { readonly start: number; readonly end: number } {
  const before = text.lastIndexOf('\n', offset - 1) + 1;
  const start = before === 0 ? markLength(text) : before;
  const lineFeed = text.indexOf('\n', offset);
  const end = lineFeed < 0 ? text.length : lineFeed;
  return { start, end: end > start && text[end - 1] === '\r' && lineFeed >= 0 ? end - 1 : end };
}

/** The byte order mark as latin1 shows it, or as one character. */
export function markLength(text: string): number {
  if (text.startsWith('\u00ef\u00bb\u00bf')) return 3;
  return text.startsWith('\ufeff') ? 1 : 0;
}

/** The quote that opens right before the key and closes right behind it; '' for none; null when they do not fit. */
export function quoteAround(before: string, after: string): '' | '"' | "'" | '`' | null {
  const open = /["'`]?$/.exec(before)?.[0] ?? '';
  const close = /^["'`]?/.exec(after)?.[0] ?? '';
  return open === close ? (open as '' | '"' | "'" | '`') : null;
}

const COMMENTED =
  /^#+[ \t]*(?:export[ \t]+|set[ \t]+(?:-{1,2}[\w-]+[ \t]+)+|\$env:)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[ =:][ \t]*["'`]?$/;

/** A key in a comment: a variable that was commented out becomes the note, in other words the key alone is taken out. */
export function removeFromComment(
  text: string,
  comment: { readonly start: number; readonly end: number },
  { start, end }: Target,
  note: (variable: string) => string,
): Edit {
  const variable = COMMENTED.exec(text.slice(comment.start, start))?.[1];
  const alone = /^["'`]?[ \t]*;?[ \t]*$/.test(text.slice(end, comment.end));
  if (variable === undefined || !alone) return { start, end, text: TAKEN_OUT };
  return { ...comment, text: `# ${note(variable)}` };
}
