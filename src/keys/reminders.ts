import { expiryLead } from './due.ts';
import type { KeyEntry } from './entry.ts';
import { type Policies, policyFor } from './policies.ts';
import { listKeys, type Registry } from './registry.ts';
import { rotationDue } from './view.ts';

/** Something that is to be done for a key by a certain time. */
export interface Reminder {
  readonly at: string;
  readonly key: string;
  readonly what: 'rotate' | 'expires' | 'retire';
  /** For a person, without the time: "rotate production". */
  readonly message: string;
  /** The command that does it. */
  readonly command: string;
}

const DAY_MS = 24 * 3_600_000;

/** What is due up to so many days from now, and what is overdue; the most urgent first. Reads no store. */
export function remindersOf(registry: Registry, policies: Policies, days: number, now: Date): Reminder[] {
  const until = now.getTime() + days * DAY_MS;
  return listKeys(registry)
    .flatMap((entry) => ofKey(entry, policies))
    .filter(({ at }) => Date.parse(at) <= until)
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || (a.key < b.key ? -1 : 1));
}

function ofKey(entry: KeyEntry, policies: Policies): Reminder[] {
  const { name: key, expiresAt, retirement, previous, current } = entry;
  const command = `claude-keys rotate ${key}`;
  const { maxAgeDays = Number.NaN } = policyFor(entry, policies);
  const oldest = Date.parse(current.addedAt) + maxAgeDays * DAY_MS;
  const rotate = least(rotationDue(entry), oldest, Date.parse(expiresAt ?? '') - expiryLead(entry));
  const found: Reminder[] = [];
  const add = (what: Reminder['what'], at: number, message: string, does: string) => {
    if (!Number.isNaN(at)) found.push({ at: new Date(at).toISOString(), key, what, message, command: does });
  };
  add('rotate', rotate, `rotate ${key}`, command);
  add('expires', Date.parse(expiresAt ?? ''), `${key} expires`, command);
  const grace = previous === null ? Number.NaN : Date.parse(retirement?.at ?? '');
  add('retire', grace, `end the previous secret of ${key}`, `claude-keys retire ${key}`);
  return found;
}

/** The least of what is a time at all; NaN stands for never. */
function least(...times: readonly number[]): number {
  const real = times.filter((time) => !Number.isNaN(time) && Math.abs(time) <= 8.64e15);
  return real.length === 0 ? Number.NaN : Math.min(...real);
}

/** What is due in one line, with days and not distances, since it is read later; empty when nothing is. */
export function oneLine(reminders: readonly Reminder[]): string {
  const [first, ...more] = reminders;
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : `, and ${more.length} more: claude-keys remind`;
  return `claude-keys: ${first.message} (${first.at.slice(0, 10)})${others}`;
}
