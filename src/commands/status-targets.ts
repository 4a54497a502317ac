import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import { timeAgo } from '../keys/dates.ts';
import { type FoundTarget, lookAtTargets, type Standing } from '../keys/drift.ts';
import type { KeyEntry } from '../keys/entry.ts';
import type { Registry } from '../keys/registry.ts';
import { toKey } from '../keys/view.ts';
import { inParallel } from '../parallel.ts';
import { paintFor, type Tone } from '../terminal/paint.ts';
import { printable } from '../terminal/plain.ts';

interface Checked {
  readonly entry: KeyEntry;
  readonly found: readonly FoundTarget[];
}

const AT_ONCE = 8;

const LOOKS: Readonly<Record<Standing, readonly [mark: string, tone: Tone]>> = {
  in_step: ['✓', 'good'],
  behind: ['✗', 'bad'],
  differs: ['✗', 'bad'],
  missing: ['✗', 'bad'],
  undecided: ['?', 'warn'],
};

/** `status --targets`: asks every target what it holds. Exit 1 when one differs, else 5 when one could not be asked. */
export async function showTargets(ctx: Context, registry: Registry, keys: readonly KeyEntry[]): Promise<ExitCode> {
  const checked = await inParallel(keys, AT_ONCE, async (entry) => ({ entry, found: await lookAtTargets(ctx, entry) }));
  if (ctx.ui.json) ctx.ui.document({ keys: checked.map((each) => toDocument(each, registry)), warnings: [] });
  else ctx.ui.data(await asText(ctx, checked));
  return exitCodeOf(checked.flatMap(({ found }) => found));
}

function exitCodeOf(found: readonly FoundTarget[]): ExitCode {
  const statuses = new Set(found.map(({ status }) => status));
  if (statuses.has('behind') || statuses.has('differs') || statuses.has('missing')) return EXIT.no;
  const failed = found.find(({ error }) => error !== null);
  return failed?.error?.exitCode ?? EXIT.ok;
}

function toDocument({ entry, found }: Checked, registry: Registry) {
  const key = toKey(entry, registry);
  const targets = key.targets.map((target) => {
    const { error, ...fields } = found.find(({ uri }) => uri === target.uri) ?? { error: null };
    return { ...target, ...fields, ...(error && { error: { code: error.code, hint: error.hint ?? null } }) };
  });
  return { ...key, targets };
}

async function asText(ctx: Context, checked: readonly Checked[]): Promise<string> {
  const paint = await paintFor(ctx.ui.colorOut);
  const linked = checked.filter(({ found }) => found.length > 0);
  if (linked.length === 0) return 'No key is linked to a target. Link one: claude-keys link NAME ADDRESS\n';
  const lines = linked.flatMap(({ entry, found }) => [
    `${paint('strong', entry.name)}  ${entry.current.redacted}  ${entry.current.fingerprint}`,
    ...found.flatMap(({ uri, status, fingerprint, since, message, error }) => {
      const [mark, tone] = LOOKS[status];
      const when = since === null ? '' : `, since ${timeAgo(since, ctx.now())}`;
      const hint = error?.hint ?? (status === 'in_step' ? undefined : `claude-keys push ${entry.name} ${uri}`);
      return [
        `${paint(tone, mark)} ${printable(uri)}  ${paint(tone, printable(message))}${fingerprint ? `, ${fingerprint}` : ''}${when}`,
        ...(hint === undefined ? [] : [`  next: ${printable(hint)}`]),
      ];
    }),
  ]);
  return `${lines.join('\n')}\n`;
}
