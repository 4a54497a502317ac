/** A value with what it is called. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

const EIGHTHS = ['', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const LEFT_EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;

/**
 * Upright bars, one for each value, with the greatest value at the axis and the first and last label below. Values are
 * added up in neighbouring groups where there are more than fit.
 * @param columns the width that it may have
 * @param write a value as the axis shows it
 */
export function columnChart(
  bars: readonly Bar[],
  columns: number,
  height: number,
  write: (value: number) => string,
): string[] {
  const axis = Math.max(write(0).length, ...bars.map(({ value }) => write(value).length));
  const room = columns - axis - 2;
  const shown = merged(bars, Math.max(1, Math.floor(room / 2)));
  const most = Math.max(...shown.map(({ value }) => value));
  const width = Math.max(1, Math.min(4, Math.floor(room / shown.length) - 1));
  const lines: string[] = [];
  for (let row = height - 1; row >= 0; row -= 1) {
    const cells = shown.map(({ value }) => {
      const level = most > 0 ? Math.round((value / most) * height * 8) - row * 8 : 0;
      // What is something is never shown as nothing.
      const least = row === 0 && value > 0 ? 1 : 0;
      return (EIGHTHS[Math.max(least, Math.min(8, level))] || ' ').repeat(width);
    });
    const mark = row === height - 1 && most > 0 ? write(most) : row === 0 ? write(0) : '';
    lines.push(`${mark.padStart(axis)} │${cells.join(' ')}`.trimEnd());
  }
  const [first, last] = [shown[0]?.label ?? '', shown.at(-1)?.label ?? ''];
  const span = shown.length * (width + 1) - 1;
  const gap = span - first.length - last.length;
  const labels = gap > 0 ? first + ' '.repeat(gap) + last : first;
  return [...lines, `${' '.repeat(axis + 2)}${labels}`];
}

/** A bar that lies, as wide as its share of the room, to an eighth of a column. */
export function bar(value: number, most: number, columns: number): string {
  const eighths = most > 0 ? Math.round((value / most) * columns * 8) : 0;
  const least = value > 0 ? Math.max(1, eighths) : 0;
  return '█'.repeat(Math.floor(least / 8)) + LEFT_EIGHTHS[least % 8];
}

function merged(bars: readonly Bar[], most: number): readonly Bar[] {
  const each = Math.ceil(bars.length / most);
  if (each <= 1) return bars;
  const groups: Bar[] = [];
  for (let at = 0; at < bars.length; at += each) {
    const group = bars.slice(at, at + each);
    groups.push({ label: group[0]?.label ?? '', value: group.reduce((sum, { value }) => sum + value, 0) });
  }
  return groups;
}
