import { aligned, type Cell, cell, totalWidth } from './columns.ts';
import type { Paint } from './paint.ts';
import type { StatusRow } from './status-rows.ts';
import { cutMiddle, type Ruler } from './width.ts';

const MARK = { default: '* ', none: '  ' };
const MARK_WIDTH = 2;
/** A label is cut before a name is, but not below this. */
const LABEL_WIDTH = 12;
/** Where a note gets less room than this, the keys take two lines each. */
const NOTE_WIDTH = 16;

const ONE_LINE = ['NAME', 'ENVIRONMENT', 'KEY', 'STORE', 'LAST CHECK', 'AGE', 'DUE'];
const UPPER_LINE = ['NAME', 'ENVIRONMENT', 'CHECK', 'AGE'];
const LOWER_LINE = ['KEY', 'STORE', 'WHEN', 'DUE'];

/**
 * The keys as an aligned table no wider than `columns` (from 80 on): one line a key where that fits, else two. A
 * redacted key is never cut, because it is what a person compares with the Console.
 */
export function statusTable(rows: readonly StatusRow[], columns: number, ruler: Ruler, paint: Paint): string {
  const natural = measure(rows, ruler);
  const { name, environment, redacted, store, check, when, checkAndWhen, age, due } = natural;
  const single = fitHeads([ONE_LINE], [name, environment, redacted, store, checkAndWhen, age, due]);
  const room = columns - MARK_WIDTH - totalWidth(single);
  const notes = natural.note > 0;
  if (room >= (notes ? NOTE_WIDTH : 0)) return oneLineEach(rows, single, notes ? room : 0, ruler, paint);
  const double = [Math.max(name, redacted), Math.max(environment, store), Math.max(check, when), Math.max(age, due)];
  const widths = narrowed(fitHeads([UPPER_LINE, LOWER_LINE], double), redacted, columns - MARK_WIDTH);
  return twoLinesEach(rows, widths, columns - MARK_WIDTH, ruler, paint);
}

const FIELDS = [
  'name',
  'environment',
  'redacted',
  'store',
  'check',
  'when',
  'checkAndWhen',
  'age',
  'due',
  'note',
] as const satisfies readonly (keyof StatusRow)[];

/** The widest of each field. */
function measure(rows: readonly StatusRow[], ruler: Ruler): Record<(typeof FIELDS)[number], number> {
  const width = (field: (typeof FIELDS)[number]) => {
    let most = 0;
    for (const row of rows) {
      const text = row[field];
      // No character is wider than two columns.
      if (2 * text.length > most) most = Math.max(most, ruler.width(text));
    }
    return [field, most] as const;
  };
  return Object.fromEntries(FIELDS.map(width)) as Record<(typeof FIELDS)[number], number>;
}

function fitHeads(heads: readonly (readonly string[])[], widths: readonly number[]): number[] {
  return widths.map((width, at) => Math.max(width, ...heads.map((head) => head[at]?.length ?? 0)));
}

function oneLineEach(
  rows: readonly StatusRow[],
  widths: readonly number[],
  room: number,
  ruler: Ruler,
  paint: Paint,
): string {
  const lines = [MARK.none + aligned(heading(room > 0 ? [...ONE_LINE, 'NOTE'] : ONE_LINE), widths, ruler, paint)];
  for (const row of rows) {
    const cells = [
      cell(row.name, 'strong'),
      cell(row.environment),
      cell(row.redacted),
      cell(row.store),
      cell(row.checkAndWhen, row.checkTone),
      cell(row.age),
      cell(row.due, row.dueTone),
      cell(room > 0 ? ruler.cut(row.note, room - 2) : '', 'faint'),
    ];
    lines.push(markOf(row) + aligned(cells, widths, ruler, paint));
  }
  return lines.join('\n');
}

function twoLinesEach(
  rows: readonly StatusRow[],
  widths: readonly number[],
  room: number,
  ruler: Ruler,
  paint: Paint,
): string {
  const [nameWidth = 0, labelWidth = 0] = widths;
  const lines = [UPPER_LINE, LOWER_LINE].map((head) => MARK.none + aligned(heading(head), widths, ruler, paint));
  for (const row of rows) {
    const upper = [
      cell(cutMiddle(row.name, nameWidth), 'strong'),
      cell(ruler.cut(row.environment, labelWidth)),
      cell(row.check, row.checkTone),
      cell(row.age),
    ];
    const lower = [
      cell(row.redacted, 'faint'),
      cell(row.store, 'faint'),
      cell(row.when, 'faint'),
      cell(row.due, row.dueTone === 'plain' ? 'faint' : row.dueTone),
    ];
    lines.push(markOf(row) + aligned(upper, widths, ruler, paint));
    lines.push(MARK.none + aligned(lower, widths, ruler, paint));
    if (row.note !== '') lines.push(MARK.none + paint('faint', ruler.cut(row.note, room)));
  }
  return lines.join('\n');
}

/** The label's column gives way first, then the name's, which stays as wide as the redacted key below it. */
function narrowed(natural: readonly number[], keyWidth: number, room: number): number[] {
  const [name = 0, label = 0, ...rest] = natural;
  const over = totalWidth(natural) - room;
  const fromLabel = Math.max(0, Math.min(over, label - LABEL_WIDTH));
  const fromName = Math.max(0, Math.min(over - fromLabel, name - keyWidth));
  return [name - fromName, label - fromLabel, ...rest];
}

function markOf(row: StatusRow): string {
  return row.isDefault ? MARK.default : MARK.none;
}

function heading(words: readonly string[]): Cell[] {
  return words.map((text) => cell(text, 'faint'));
}
