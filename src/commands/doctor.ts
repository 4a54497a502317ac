import type { Context } from '../context.ts';
import type { Check, CheckState } from '../doctor/check.ts';
import { examine } from '../doctor/index.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { type Paint, paintFor, type Tone } from '../terminal/paint.ts';
import { printable } from '../terminal/plain.ts';
import type { InputOf } from './table.ts';

const TONES: Readonly<Record<CheckState, Tone>> = { ok: 'good', warn: 'warn', fail: 'bad' };

export async function run(ctx: Context, _input: InputOf<'doctor'>): Promise<ExitCode> {
  const checks = await examine(ctx);
  if (ctx.ui.json) ctx.ui.document({ checks });
  else ctx.ui.data(asText(ctx, checks, await paintFor(ctx.ui.colorOut)));
  return checks.some(({ status }) => status === 'fail') ? EXIT.no : EXIT.ok;
}

function asText(ctx: Context, checks: readonly Check[], paint: Paint): string {
  const shown = ctx.ui.quiet ? checks.filter(({ status }) => status !== 'ok') : checks;
  const lines = shown.map(({ name, status, message, hint }) => {
    const next = hint === undefined ? '' : `      next: ${printable(hint)}\n`;
    return `${paint(TONES[status], status.padEnd(4))}  ${paint('strong', name)}: ${printable(message)}\n${next}`;
  });
  return lines.join('') + (ctx.ui.quiet ? '' : `\n${summary(checks)}\n`);
}

function summary(checks: readonly Check[]): string {
  const fails = checks.filter(({ status }) => status === 'fail').length;
  const warns = checks.filter(({ status }) => status === 'warn').length;
  if (fails + warns === 0) return 'all is well';
  return `${fails === 0 ? 'nothing fails' : `${fails} ${fails === 1 ? 'thing fails' : 'things fail'}`}; ${
    warns === 1 ? '1 warning' : `${warns} warnings`
  }`;
}
