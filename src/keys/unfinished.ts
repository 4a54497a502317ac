import { UserError } from '../errors.ts';
import type { Change, KeyEntry } from './entry.ts';

/** What to run to end a change that was interrupted. */
export function wayToEnd(name: string, change: Change): string {
  switch (change.operation) {
    case 'add':
      return `claude-keys rotate ${name} --resume, or --abort`;
    case 'rotate':
      return `claude-keys rotate ${name} --resume, or --abort`;
    case 'rename':
      return `claude-keys rename ${change.from} ${change.to}`;
    case 'remove':
      return `claude-keys remove ${name}`;
  }
}

const WORDS = { add: 'adding', rotate: 'a rotation of', rename: 'renaming', remove: 'removing' } as const;

/**
 * A key in the middle of one change takes no other.
 * @throws {UserError} `unfinished_change` saying how to end it.
 */
export function refuseUnfinished(entry: KeyEntry): void {
  const { name, change } = entry;
  if (change === null) return;
  throw new UserError(
    'unfinished_change',
    `${WORDS[change.operation]} ${name} has begun and not ended (${change.startedAt})`,
    {
      hint: `if nothing else is at work on it, end it: ${wayToEnd(name, change)}`,
    },
  );
}
