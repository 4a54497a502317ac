import { lineAround, quoteAround, type Remover, TAKEN_OUT } from './edit.ts';

const SETTING = /^([ \t]*)(?:(- +)?(?:[\w.-]+|"[\w .-]+"|'[\w .-]+')[ \t]*:[ \t]+["']?|(- +)["']?(?:[\w-]+=)?)$/;

/**
 * Takes a key out of a YAML file: the line of its setting, when what is left is certain to be what it was without it.
 * No library edits YAML and keeps every byte of the rest, so only plain `name: key` and `- name=key` lines are taken.
 */
export const removeFromYaml: Remover = (text, target) => {
  const line = lineAround(text, target.start);
  const before = text.slice(line.start, target.start);
  const after = text.slice(target.end, line.end);
  if (/^[ \t]*#/.test(before)) return { ...target, text: TAKEN_OUT };
  const [, indent = '', itemWithName, item] = SETTING.exec(before) ?? [null];
  const quote = quoteAround(before, after);
  const fits = SETTING.test(before) && quote !== null && /^[ \t]*(?:#.*)?$/s.test(after.slice(quote.length));
  if (!fits || itemWithName !== undefined) return 'it is part of something longer';
  const lines = contentLines(text);
  const own = lines.findIndex(({ start }) => start === line.start);
  if (inBlockText(lines, own)) return 'it stands in a text of several lines';
  const from = lines[own]?.start ?? line.start;
  const to = lines[own]?.next ?? text.length;
  if (hasSibling(lines, own, item !== undefined)) return { start: from, end: to, text: '' };
  if (indent !== '' || item !== undefined) return 'it is the only setting in its group';
  // An empty file is no YAML mapping, and its reader may refuse it.
  return { start: from, end: line.end, text: '{}' };
};

interface Line {
  readonly start: number;
  /** Where the next line starts. */
  readonly next: number;
  readonly indent: number;
  readonly text: string;
}

/** The lines that say something: no empty ones, no comments, no markers of a document. */
function contentLines(text: string): Line[] {
  const lines: Line[] = [];
  for (let at = lineAround(text, 0).start; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const next = end < 0 ? text.length : end + 1;
    const content = text.slice(at, next).trimEnd();
    const indent = content.length - content.trimStart().length;
    if (!/^\s*(?:#.*)?$|^(?:---|\.\.\.)\s*$/s.test(content))
      lines.push({ start: at, next, indent, text: content.trim() });
    at = next;
  }
  return lines;
}

/** Whether a neighbour on the same level keeps the group that the line is in. */
function hasSibling(lines: readonly Line[], own: number, item: boolean): boolean {
  const { indent } = lines[own] as Line;
  const isSibling = (line: Line) => line.indent === indent && line.text.startsWith('- ') === item;
  const before = lines
    .slice(0, own)
    .reverse()
    .find((line) => line.indent <= indent && isLevel(line, indent, item));
  const after = lines.slice(own + 1).find((line) => line.indent <= indent);
  return [before, after].some((line) => line !== undefined && isSibling(line));
}

/** Items of a list may stand as deep as the name of the list, which is then no neighbour of them but their owner. */
function isLevel(line: Line, indent: number, item: boolean): boolean {
  return line.indent < indent || item || !line.text.startsWith('- ');
}

/** `name: |` and `name: >` begin a text, whose lines are deeper. */
function inBlockText(lines: readonly Line[], own: number): boolean {
  let { indent } = lines[own] as Line;
  for (const line of lines.slice(0, own).reverse()) {
    if (line.indent >= indent) continue;
    if (/(?:^|[\s:-])[|>][-+0-9]*(?:\s+#.*)?$/.test(line.text)) return true;
    indent = line.indent;
  }
  return false;
}
