import type { Context } from '../context.ts';
import { aligned, type Cell, cell } from './columns.ts';
import { paintFor } from './paint.ts';
import { rulerFor } from './width.ts';

/** Prints an aligned table to standard output; every text in it is safe to print. */
export async function printTable(
  ctx: Context,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const lines = [head.map((text) => cell(text, 'faint')), ...rows];
  const ruler = await rulerFor(lines.flatMap((line) => line.map(({ text }) => text)));
  const widths = head.map((_, column) => {
    let most = 0;
    for (const line of lines) most = Math.max(most, ruler.width(line[column]?.text ?? ''));
    return most;
  });
  const paint = await paintFor(ctx.ui.colorOut);
  ctx.ui.data(lines.map((line) => `${aligned(line, widths, ruler, paint)}\n`).join(''));
}
