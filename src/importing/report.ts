import type { Context } from '../context.ts';
import { paintFor, type Tone } from '../terminal/paint.ts';
import { printable } from '../terminal/plain.ts';
import { type Item, isDead, isNew } from './items.ts';
import { type Place, type Search, whereOf } from './places.ts';

/** More would push the finds off the screen. */
const MOST_OTHERS = 10;

/** Shows what was found: each key once, with every place it stands in. Nothing secret is in it. */
export async function show(ctx: Context, items: readonly Item[]): Promise<void> {
  if (ctx.ui.json) return;
  const paint = await paintFor(ctx.ui.colorOut);
  for (const item of items) {
    const { redacted, kind, places } = item.find;
    const [tone, words] = stateOf(item);
    ctx.ui.data(`${paint('strong', redacted)}  ${kind}  ${paint(tone, words)}\n`);
    const width = Math.max(...places.map((place) => whereOf(place).length));
    for (const place of places) {
      const details = [printable(place.variable ?? ''), place.tracked ? paint('warn', 'tracked by git') : ''].filter(
        Boolean,
      );
      const where = details.length === 0 ? whereOf(place) : whereOf(place).padEnd(width);
      ctx.ui.data(`  ${[where, ...details].join('  ')}\n`);
    }
  }
}

function stateOf(item: Item): readonly [Tone, string] {
  if (item.storedAs !== null) return ['good', `stored as ${item.storedAs}`];
  if (isDead(item)) return ['bad', 'dead: the service rejects it'];
  if (item.result === null) return ['plain', 'not stored'];
  return item.result.status === 'valid'
    ? ['plain', 'not stored; works']
    : ['warn', `not stored; ${item.result.message}`];
}

/** What was passed over, and what could not be looked into. */
export function tellPassedOver(ctx: Context, { others, troubles }: Search): void {
  for (const { label, why } of troubles) ctx.ui.warn(`${label}: ${why}`);
  for (const { redacted, what, where } of others.slice(0, MOST_OTHERS)) {
    ctx.ui.note(`passed over: ${redacted} in ${printable(where)}: ${what}`);
  }
  if (others.length > MOST_OTHERS) ctx.ui.note(`and ${others.length - MOST_OTHERS} more: --json`);
}

/** What a run without `--dry-run` would store. */
export function tellPlanned(ctx: Context, items: readonly Item[]): void {
  for (const { find, name } of items.filter(isNew)) ctx.ui.done(`Would be stored: ${name} (${find.redacted}).`);
}

/** Why each place that should be rid of its key is not, where that was not told as it happened. */
export function tellLeft(ctx: Context, items: readonly Item[]): void {
  const places = items.flatMap(({ find }) => find.places);
  const left = places.filter(({ removed, why, told }) => !removed && why !== null && !told);
  for (const place of left) ctx.ui.note(`${whereOf(place)}: ${place.why}`);
}

/** What a file's history holds is not gone with the file's own line. */
export function warnOfHistory(ctx: Context, items: readonly Item[]): void {
  for (const item of items) {
    const tracked = item.find.places.filter((place) => place.tracked);
    const name = item.storedAs ?? item.name;
    if (tracked.length === 0 || isDead(item)) continue;
    const where = [...new Set(tracked.map(({ file }) => file?.label))].join(', ');
    const hint = `make it worthless there: claude-keys rotate ${name ?? 'NAME'}`;
    ctx.ui.warn(`git tracks ${where}: its history still has ${item.find.redacted}`, hint);
  }
}

/** The fields of `--json`. */
export function toDocument(items: readonly Item[], { others, troubles }: Search): unknown {
  return {
    found: items.map(({ find, name, storedAs, result, stored, why }) => ({
      name: storedAs ?? name,
      kind: find.kind,
      redacted: find.redacted,
      fingerprint: find.fingerprint,
      storedAs: storedAs ?? (stored ? name : null),
      status: result?.status ?? null,
      why,
      places: find.places.map(toPlace),
    })),
    passedOver: others.map(({ redacted, what, where }) => ({ redacted, what, where })),
    unreadable: troubles.map(({ label, why }) => ({ file: label, why })),
  };
}

function toPlace({ source, file, line, column, variable, tracked, removed, why }: Place): unknown {
  return { source, file: file?.file.path ?? null, line, column, variable, tracked, removed, why };
}
