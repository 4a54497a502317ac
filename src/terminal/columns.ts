import type { Paint, Tone } from './paint.ts';
import type { Ruler } from './width.ts';

/** A text in a table; safe to print, without colour. */
export interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

/** Columns between two cells. */
const GAP = 2;

export function cell(text: string, tone: Tone = 'plain'): Cell {
  return { text, tone };
}

/** How wide a line with such columns is. */
export function totalWidth(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, 0) + GAP * (widths.length - 1);
}

/** One line: every cell as wide as its column, nothing behind the last one. Padded before it is painted. */
export function aligned(line: readonly Cell[], widths: readonly number[], ruler: Ruler, paint: Paint): string {
  let text = '';
  let padding = 0;
  for (let at = 0; at < line.length; at += 1) {
    const { text: content, tone } = line[at] as Cell;
    if (content !== '') {
      text += ' '.repeat(padding) + paint(tone, content);
      padding = 0;
    }
    padding += Math.max(0, (widths[at] ?? 0) - ruler.width(content)) + GAP;
  }
  return text;
}
