import { findNodeAtOffset, type Node, type ParseError, parse, parseTree } from 'jsonc-parser';
import { applyEdit, type Edit, lineAround, markLength, type Remover, TAKEN_OUT } from './edit.ts';

const LENIENT = { allowTrailingComma: true } as const;

/**
 * Takes a key out of a JSON file, comments and trailing commas allowed: the property whose value it is. The rest keeps
 * every byte, which jsonc-parser's own `modify` does not do (a comment behind the property goes, the property that
 * follows moves up); it is used to know where things are, and to check that nothing else has changed.
 */
export const removeFromJson: Remover = (text, target) => {
  const from = markLength(text);
  const root = parsed(text.slice(from));
  if (root === null) return 'the file is not JSON';
  const value = findNodeAtOffset(root, target.start - from);
  // Between the values, a key can only stand in a comment.
  if (value === undefined || !isString(value, target, from)) {
    return inComment(text, target.start) ? { ...target, text: TAKEN_OUT } : 'it is part of something longer';
  }
  const property = value.parent;
  const object = property?.parent;
  if (property?.type !== 'property' || object?.type !== 'object' || property.children?.[1] !== value) {
    return 'it is an item of a list';
  }
  const edit = withoutProperty(text, object, property, from);
  return keepsTheRest(text.slice(from), edit, property, from) ? edit : 'the file around it could not be told apart';
};

/** True for a file in which something renews the key next to it: then it is the session of a program. */
export function isRenewed(text: string, offset: number): boolean {
  const from = markLength(text);
  const root = parsed(text.slice(from));
  const siblings = root && findNodeAtOffset(root, offset - from)?.parent?.parent?.children;
  return siblings?.some(({ children }) => /^refresh_?token$/i.test(String(children?.[0]?.value))) ?? false;
}

/** The names of the settings of the outermost object, in their order, one that stands twice twice. */
export function settingNames(text: string): string[] {
  return (parsed(text)?.children ?? []).map(({ children }) => String(children?.[0]?.value));
}

/** The text without one setting of its outermost object, and nothing else changed. */
export function withoutSetting(text: string, name: string): string {
  const root = parsed(text);
  const at = settingNames(text).indexOf(name);
  const property = root?.children?.[at];
  if (root === null || property === undefined) return text;
  // Where it was put behind another one, it goes as it came.
  const before = root.children?.[at - 1];
  const start = before === undefined ? property.offset : before.offset + before.length;
  const end = property.offset + property.length;
  const isBare = before !== undefined && /^\s*,\s*$/.test(text.slice(start, property.offset));
  return applyEdit(text, isBare ? { start, end, text: '' } : withoutProperty(text, root, property, 0));
}

function parsed(text: string): Node | null {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, LENIENT);
  return errors.length > 0 || root === undefined ? null : root;
}

function isString(node: Node, target: { start: number; end: number }, from: number): boolean {
  const start = node.offset + from;
  return node.type === 'string' && start + 1 === target.start && start + node.length - 1 === target.end;
}

function inComment(text: string, offset: number): boolean {
  return /^[ \t]*(?:\/\/|\/\*|\*)/.test(text.slice(lineAround(text, offset).start, offset));
}

function withoutProperty(text: string, object: Node, property: Node, from: number): Edit {
  const start = property.offset + from;
  const end = start + property.length;
  const comma = /^\s*,/.exec(text.slice(end))?.[0].length;
  const line = lineAround(text, start);
  const ownsBefore = /^[ \t]*$/.test(text.slice(line.start, start));
  if (comma !== undefined) {
    const behind = end + comma;
    const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(behind))?.[0].length;
    if (ownsBefore && lineEnd !== undefined) return { start: line.start, end: behind + lineEnd, text: '' };
    return { start, end: behind + (/^[ \t]*/.exec(text.slice(behind))?.[0].length ?? 0), text: '' };
  }
  // The last one: the comma before it goes with it.
  const siblings = object.children ?? [];
  const before = siblings[siblings.indexOf(property) - 1];
  if (before === undefined) return wholeLine(text, start, end, ownsBefore);
  const afterBefore = before.offset + before.length + from;
  const gap = text.slice(afterBefore, start);
  if (/^\s*,\s*$/.test(gap)) return { start: afterBefore, end, text: '' };
  // A comment stands between them: it stays, only the comma and the property go.
  const at = gap.indexOf(',');
  return { start: afterBefore + at, end, text: gap.slice(at + 1).replace(/[ \t\r\n]*$/, '') };
}

function wholeLine(text: string, start: number, end: number, ownsBefore: boolean): Edit {
  const lineEnd = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0].length;
  if (!ownsBefore || lineEnd === undefined) return { start, end, text: '' };
  return { start: lineAround(text, start).start, end: end + lineEnd, text: '' };
}

const GONE = '\u0000claude-keys';

/** Reads both texts and compares: the one property is gone, everything else is as it was. */
function keepsTheRest(text: string, edit: Edit, property: Node, from: number): boolean {
  const { offset, length } = property;
  const after = text.slice(0, edit.start - from) + edit.text + text.slice(edit.end - from);
  const marked = `${text.slice(0, offset)}${JSON.stringify(GONE)}: 0${text.slice(offset + length)}`;
  const errors: ParseError[] = [];
  const now: unknown = parse(after, errors, LENIENT);
  const expected: unknown = parse(marked, errors, LENIENT);
  const without = (key: string, value: unknown) => (key === GONE ? undefined : value);
  return errors.length === 0 && JSON.stringify(now) === JSON.stringify(expected, without);
}
