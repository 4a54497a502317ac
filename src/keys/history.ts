import { appendFileSync } from 'node:fs';
import type { Context } from '../context.ts';
import { readIfThere } from '../files/replace.ts';
import type { ROTATION_REASONS, SecretRecord } from './entry.ts';

/**
 * What happened to keys, one line of JSON each, in a file of its own so that the registry stays small. Nothing in it is
 * secret. It is written under the registry's lock.
 */
interface Happened {
  readonly key: string;
  readonly at: string;
}

export interface RotatedEvent extends Happened {
  readonly event: 'rotated' | 'rolled_back';
  /** Of the rotation: together with the key it tells two of them apart. */
  readonly startedAt: string;
  readonly why: (typeof ROTATION_REASONS)[number];
  readonly standby: boolean;
  readonly from: SecretName | null;
  readonly to: SecretName | null;
  /** Milliseconds of each step, in the run that ended it. */
  readonly took: Readonly<Record<string, number>>;
}

export interface RetiredEvent extends Happened {
  readonly event: 'retired';
  readonly from: SecretName;
  /** `proven`: the service rejects it; `forgotten`: it was dropped without a look. */
  readonly how: 'proven' | 'archived' | 'forgotten';
}

/** From here on the key has another name. */
export interface RenamedEvent extends Happened {
  readonly event: 'renamed';
  readonly to: string;
}

export type HistoryEvent = RotatedEvent | RetiredEvent | RenamedEvent;
type SecretName = Pick<SecretRecord, 'redacted' | 'fingerprint'>;

/** Adds an event. The history is not worth failing for: a file that cannot be written is left as it is. */
export function appendHistory(ctx: Context, event: HistoryEvent): void {
  try {
    appendFileSync(ctx.paths.historyFile, `${JSON.stringify(event, onlyNames)}\n`, { mode: 0o600 });
  } catch {
    ctx.ui.detail(`the history ${ctx.paths.historyFile} could not be written`);
  }
}

/** Of a secret's record, what names it. */
function onlyNames(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('fingerprint' in value)) return value;
  const { redacted, fingerprint } = value as SecretName;
  return { redacted, fingerprint };
}

/** What happened to a key, oldest first, also under the names that it had before. */
export function historyOf(ctx: Context, name: string): HistoryEvent[] {
  const lines = readIfThere(ctx.paths.historyFile)?.toString('utf8').split('\n') ?? [];
  const found: HistoryEvent[] = [];
  const seen = new Set<string>();
  let at = name;
  // Backwards, so that a name leads to the one before it.
  for (const event of lines.flatMap(readEvent).reverse()) {
    if (event.event === 'renamed' && event.to === at) at = event.key;
    else if (event.key !== at) continue;
    const mark = markOf(event);
    if (!seen.has(mark)) found.push(event);
    seen.add(mark);
  }
  return found.reverse();
}

/** Written again after a crash, an event is still one. */
function markOf(event: HistoryEvent): string {
  if (event.event === 'retired') return `retired ${event.key} ${event.from.fingerprint}`;
  return event.event === 'renamed'
    ? JSON.stringify(event)
    : `${event.event} ${event.key} ${event.startedAt} ${event.to?.fingerprint}`;
}

/** A line that was cut off, or that a later version wrote, is passed over. */
function readEvent(line: string): HistoryEvent[] {
  try {
    const event = JSON.parse(line) as HistoryEvent;
    const known = ['rotated', 'rolled_back', 'retired', 'renamed'].includes(event.event);
    return known && typeof event.key === 'string' && typeof event.at === 'string' ? [event] : [];
  } catch {
    return [];
  }
}
