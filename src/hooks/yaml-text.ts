import { isMap, isNode, isSeq, type Node, parseDocument, stringify, type YAMLMap } from 'yaml';
import { BEGIN, END } from './script.ts';

export { isMap, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';

/** Our lines, with the end of the line before them where the text has none at its end. */
const BLOCK = `[ \\t]*${BEGIN}\\n(?:(?![ \\t]*${END})[^\\n]*\\n)*[ \\t]*${END}`;
const OURS = new RegExp(`${BLOCK}\\n|\\n${BLOCK}$`, 'g');

/** The text as it was before {@link withValue}, byte for byte. */
export function withoutOurs(text: string): string {
  return text.replace(OURS, '');
}

/**
 * Adds a value to a text in YAML in lines of its own, which can be taken out again; the others stay as they are.
 * @param path where it goes: names of maps, and at its end a name, or the name of a list to which it is added
 * @returns null for a text in which lines alone cannot do it
 */
export function withValue(text: string, path: readonly string[], value: unknown): string | null {
  let at: unknown = parseDocument(text).contents;
  let map: YAMLMap | null = null;
  let taken = 0;
  for (; isMap(at) && !at.flow && at.items.length > 0; taken += 1) {
    map = at;
    at = at.get(path[taken], true);
  }
  if (isSeq(at) && !at.flow && taken === path.length) {
    const items = Array.isArray(value) ? value : [value];
    return inserted(text, at.items[0], stringify(items, { lineWidth: 0 }));
  }
  const isFree = at === null || at === undefined;
  if (!isFree) return null;
  const inner = path.slice(Math.max(0, taken - 1)).reduceRight<unknown>((held, name) => ({ [name]: held }), value);
  const lines = stringify(inner, { lineWidth: 0 });
  if (taken > 1) return inserted(text, map?.items[0]?.key, lines);
  // At the top the end of the text is as good a place, and the first comment stays with what it is about.
  return text === '' || text.endsWith('\n') ? `${text}${BEGIN}\n${lines}${END}\n` : `${text}\n${BEGIN}\n${lines}${END}`;
}

/** Puts lines before the one that a node begins. */
function inserted(text: string, first: unknown, lines: string): string | null {
  const offset = isNode(first) ? (first as Node).range?.[0] : undefined;
  if (offset === undefined) return null;
  const begin = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^ */.exec(text.slice(begin))?.[0] ?? '';
  if (!/^ *(?:- *)?$/.test(text.slice(begin, offset))) return null;
  const own = [BEGIN, ...lines.trimEnd().split('\n'), END].map((line) => `${indent}${line}\n`).join('');
  return text.slice(0, begin) + own + text.slice(begin);
}
