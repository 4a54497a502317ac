import type { Context } from '../../context.ts';
import type { CheckStatus } from '../../keys/entry.ts';
import { paintFor, type Tone } from '../../terminal/paint.ts';
import type { Finding } from './check-all.ts';

interface Look {
  readonly mark: string;
  readonly words: string;
  readonly tone: Tone;
}

const LOOKS: Readonly<Record<CheckStatus, Look>> = {
  valid: { mark: '✓', words: 'valid', tone: 'good' },
  rejected: { mark: '✗', words: 'rejected', tone: 'bad' },
  disabled: { mark: '✗', words: 'disabled', tone: 'bad' },
  no_credit: { mark: '!', words: 'no credit', tone: 'warn' },
  limited: { mark: '!', words: 'limited', tone: 'warn' },
  forbidden: { mark: '!', words: 'forbidden', tone: 'warn' },
  model_unavailable: { mark: '!', words: 'no such model', tone: 'warn' },
  undecided: { mark: '?', words: 'undecided', tone: 'warn' },
};

/** More would push the findings off the screen. */
const MOST_HINTS = 5;

/** Shows the findings: as CONTRACT.md's document, or as one line for each key. With `--quiet` the valid ones are left out. */
export async function report(ctx: Context, findings: readonly Finding[]): Promise<void> {
  if (ctx.ui.json) {
    ctx.ui.document({ results: findings.map(toDocument) });
    return;
  }
  const shown = ctx.ui.quiet ? findings.filter(({ result }) => result.status !== 'valid') : findings;
  const rows = shown.map(toRow);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map(({ cells }) => cells[column]?.length ?? 0)));
  const paint = await paintFor(ctx.ui.colorOut);
  for (const { cells, look, message } of rows) {
    const [name = '', words = '', model = '', latency = ''] = cells.map((cell, column) =>
      column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    );
    const columns = [`${paint(look.tone, look.mark)} ${name}`, paint(look.tone, words), model, latency, message];
    ctx.ui.data(`${columns.filter((column) => column !== '').join('  ')}\n`);
  }
  for (const hint of hintsFor(findings)) ctx.ui.note(`hint: ${hint}`);
}

/** The fields of CONTRACT.md, in its order. */
function toDocument({ name, redacted, result }: Finding) {
  const { status, authenticated, model, latencyMs, organizationId, requestId, message, httpStatus } = result;
  return { name, redacted, status, authenticated, model, latencyMs, organizationId, requestId, message, httpStatus };
}

function toRow({ name, redacted, result }: Finding): { cells: string[]; look: Look; message: string } {
  const look = LOOKS[result.status];
  const latency = result.latencyMs > 0 ? `${result.latencyMs} ms` : '';
  return { cells: [name ?? redacted, look.words, result.model ?? '', latency], look, message: result.message };
}

function hintsFor(findings: readonly Finding[]): string[] {
  const hints = findings.flatMap(({ name, result, hint }) => {
    if (hint !== undefined) return hint;
    return result.status === 'rejected' && name !== null ? `replace the secret: claude-keys rotate ${name}` : [];
  });
  return [...new Set(hints)].slice(0, MOST_HINTS);
}
