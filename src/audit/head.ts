import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { readIfThere } from '../files/replace.ts';
import type { Ticket } from '../files/ticket.ts';
import type { AuditFiles } from './files.ts';
import { type Head, isHead } from './line.ts';

/**
 * The head of the audit log: how far it goes, in a file of its own, which is also the log's lock. Whoever renames
 * `audit.head` to a name with their own process in it holds the log, and renames it back when they are done: one call
 * each, so that `print` can afford it. One that was killed has left its name behind: `waiting.ts` renames that on.
 */
export interface Claim {
  /** Null where there was none: a new log, or a head that was lost. */
  readonly head: Head | null;
  /** Taken from one that was killed: what it was writing may be half there. */
  readonly abandoned: boolean;
  /** Written before the line itself, which it holds: a write that is cut off can be ended by the next one. */
  save(head: Head): void;
  release(): void;
}

/** Behind it stands who holds the head. */
export const HELD = '.held-';

let claims = 0;

/** The head if it is to be had at once; null when it must be waited for, or is not there. */
export function claimAtOnce(files: AuditFiles, holder: Ticket): Claim | null {
  return claimFrom(files, files.head, holder);
}

/** @param from the head's own name, or one under which a dead process holds it */
export function claimFrom(files: AuditFiles, from: string, holder: Ticket): Claim | null {
  claims += 1;
  const own = `${files.head}${HELD}${encodeURIComponent(JSON.stringify([holder, claims]))}`;
  try {
    renameSync(from, own);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
  return {
    abandoned: from !== files.head,
    head: parseHead(readIfThere(own)),
    save: (head) => overwrite(own, `${JSON.stringify(head)}\n`),
    release: () => renameSync(own, files.head),
  };
}

/** Null for what is no head. */
export function parseHead(content: Buffer | null): Head | null {
  try {
    const head: unknown = JSON.parse(content?.toString('utf8').split('\n', 1)[0] ?? '');
    return isHead(head, []) ? head : null;
  } catch {
    return null;
  }
}

/** In place and in one call; what is left of a longer one stands behind the line's end and is not read. */
function overwrite(file: string, text: string): void {
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, text, 0);
  } finally {
    closeSync(handle);
  }
}
