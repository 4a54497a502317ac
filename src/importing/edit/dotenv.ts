import { lineAround, quoteAround, type Remover, removeFromComment } from './edit.ts';

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*[=:][ \t]*["'`]?$/;

/** Takes a key out of a `.env` file, where a variable has a line of its own. */
export const removeFromDotenv: Remover = (text, target, note) => {
  const line = lineAround(text, target.start);
  if (insideQuotes(text, line.start)) return 'it stands in a value of several lines';
  const before = text.slice(line.start, target.start);
  const indent = /^[ \t]*/.exec(before)?.[0].length ?? 0;
  if (before[indent] === '#') return removeFromComment(text, { ...line, start: line.start + indent }, target, note);
  const after = text.slice(target.end, line.end);
  const variable = ASSIGNMENT.exec(before)?.[1];
  const quote = quoteAround(before, after);
  if (variable === undefined || quote === null) return 'it is part of something longer';
  const rest = after.slice(quote.length);
  if (!/^[ \t]*(?:#.*)?$/s.test(rest)) return 'it is part of something longer';
  // A comment behind the value stays, behind the note.
  return { start: line.start + indent, end: target.end + quote.length, text: `# ${note(variable)}` };
};

/** Whether a quote is open at this line: a private key, say, goes over several. */
function insideQuotes(text: string, until: number): boolean {
  let open: string | null = null;
  for (const line of text.slice(0, until).split('\n')) {
    if (open !== null) {
      if (closes(line, open)) open = null;
      continue;
    }
    const value = /^[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*[=:][ \t]*(["'`])(.*)$/s.exec(line);
    if (value !== null && !closes(value[2] ?? '', value[1] ?? '')) open = value[1] ?? null;
  }
  return open !== null;
}

function closes(text: string, quote: string): boolean {
  return text.replace(/\\./g, '').includes(quote);
}
