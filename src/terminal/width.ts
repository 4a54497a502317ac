import { isAscii } from './plain.ts';

/** How wide texts are on a terminal, in columns. */
export interface Ruler {
  width(text: string): number;
  /** The text, or as much of its beginning as fits with `…` behind it. */
  cut(text: string, columns: number): string;
}

const ASCII_RULER: Ruler = {
  width: (text) => text.length,
  cut: (text, columns) => (text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`),
};

/** A ruler for these texts. The tables of wide, combining and joined characters are loaded only if one of them needs it. */
export async function rulerFor(texts: Iterable<string>): Promise<Ruler> {
  for (const text of texts) if (!isAscii(text)) return unicodeRuler();
  return ASCII_RULER;
}

async function unicodeRuler(): Promise<Ruler> {
  const { default: measure } = await import('fast-string-truncated-width');
  return {
    width: (text) => (isAscii(text) ? text.length : measure(text).width),
    cut(text, columns) {
      if (isAscii(text)) return ASCII_RULER.cut(text, columns);
      const { index, ellipsed } = measure(text, { limit: columns, ellipsis: '…', ellipsisWidth: 1 });
      return ellipsed ? `${text.slice(0, index)}…` : text;
    },
  };
}

/** A name cut in its middle, because names are told apart by their ends (`production-app…eu-west-2`). */
export function cutMiddle(name: string, columns: number): string {
  if (name.length <= columns) return name;
  const tail = Math.floor((columns - 1) / 2);
  return `${name.slice(0, columns - 1 - tail)}…${name.slice(name.length - tail)}`;
}
