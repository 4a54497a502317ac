import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { KeyEntry } from '../keys/entry.ts';
import { checkName } from '../keys/name.ts';
import { listKeys, type Registry, readRegistry } from '../keys/registry.ts';
import { existing } from '../keys/resolve.ts';
import { toKey } from '../keys/view.ts';
import { type Warning, warningsOf } from '../keys/warnings.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { printable } from '../terminal/plain.ts';
import { toRow } from '../terminal/status-rows.ts';
import { statusTable } from '../terminal/status-table.ts';
import { rulerFor } from '../terminal/width.ts';
import type { InputOf } from './table.ts';

/** A person reads so many; a program reads them all with `--json`. */
const MOST_WARNINGS = 10;

/** Shows what the registry knows. Opens no store, so it works when the keychain is locked; `--targets` asks others. */
export async function run(ctx: Context, { args, options }: InputOf<'status'>): Promise<ExitCode> {
  const registry = readRegistry(ctx);
  const keys = chosen(registry, args);
  if (options.targets) return (await import('./status-targets.ts')).showTargets(ctx, registry, keys);
  const all = warningsOf(registry, ctx);
  // Asked for some keys, it is silent about the others and about the machine.
  const warnings = args.length === 0 ? all : all.filter(({ key }) => key !== undefined && args.includes(key));
  // Loaded for the question alone: most runs do not ask it, and reading the settings takes a file more.
  const broken = options.check ? (await import('./status-check.ts')).brokenRules(ctx, registry, keys, warnings) : null;
  const violations = broken === null ? {} : { violations: broken };
  if (ctx.ui.json) {
    ctx.ui.document({ keys: keys.map((entry) => toKey(entry, registry)), warnings, ...violations });
  } else {
    ctx.ui.data(await asText(ctx, registry, keys, warnings));
    for (const { message, hint } of broken ?? [])
      ctx.ui.note(`not kept: ${printable(message)}; next: ${printable(hint)}`);
    if (broken?.length === 0) ctx.ui.done('every policy is kept');
  }
  return broken === null || broken.length === 0 ? EXIT.ok : EXIT.no;
}

function chosen(registry: Registry, names: readonly string[]): KeyEntry[] {
  if (names.length === 0) return listKeys(registry);
  return [...new Set(names)].map((name) => existing(registry, checkName(name)));
}

async function asText(ctx: Context, registry: Registry, keys: KeyEntry[], warnings: Warning[]): Promise<string> {
  const paint = await paintFor(ctx.ui.colorOut);
  const parts = [keys.length === 0 ? NOTHING : await table(ctx, registry, keys, paint)];
  if (warnings.length > 0) parts.push(warningLines(warnings, paint));
  return `${parts.join('\n\n')}\n`;
}

async function table(ctx: Context, registry: Registry, keys: KeyEntry[], paint: Paint): Promise<string> {
  const now = ctx.now();
  const rows = keys.map((entry) => toRow(entry, registry, now));
  const texts = new Set<string>();
  for (const { environment, redacted, note } of rows) texts.add(environment).add(redacted).add(note);
  const ruler = await rulerFor(texts);
  return statusTable(rows, ctx.stdout.columns || 80, ruler, paint);
}

function warningLines(warnings: Warning[], paint: Paint): string {
  const shown = warnings.slice(0, MOST_WARNINGS).map(({ code, message, hint }) => {
    const tone = code === 'expired' || code === 'last_check_failed' ? 'bad' : 'warn';
    const next = hint === undefined ? '' : `\n  next: ${printable(hint)}`;
    return `${paint(tone, 'warning:')} ${printable(message)}${next}`;
  });
  const left = warnings.length - shown.length;
  return [...shown, ...(left > 0 ? [`and ${left} more: claude-keys status --json`] : [])].join('\n');
}

const NOTHING = `No keys are stored yet. Store one with:

  claude-keys add production

Keys are made in the Console: platform.claude.com/settings/keys`;
