import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode, UserError } from '../errors.ts';
import { ensurePrivateFolder, writeFailed } from './replace.ts';
import { liveHolder, ownTicket } from './ticket.ts';

/**
 * Mutual exclusion between processes that survives SIGKILL: a dead holder's lock is taken over at once.
 *
 * A lock is a row of numbered ticket files, `<file>.lock.1`, `.2`, …; the highest number is the one that counts. Whoever
 * finds its holder dead or done links the next number into place (which only one process can do) and holds the lock if
 * its number is still the highest after that. The highest ticket is never deleted, only succeeded, and the older ones
 * are deleted from the lowest upward; so a process that was stopped between looking and linking finds either its number
 * taken or the ticket it meant to succeed gone, and cannot believe that it holds a lock that has moved on.
 *
 * Written here because a lock by modification time (proper-lockfile) makes everyone wait for seconds after a kill and
 * is lost by a process that was suspended, and a kernel lock (flock) needs a native addon.
 */
const POLL_MS = 20;
const WAIT_MS = 90_000;
/** A draft lives for an instant: one that is older was left by a process that was killed in it. */
const DRAFT_MS = 120_000;

export interface LockOptions {
  /** Called once when the lock is not free within three seconds, with the holder's pid. */
  readonly onWait?: (pid: number) => void;
  readonly waitMs?: number;
}

/**
 * Runs `work` while no other process runs anything under the lock of the same file.
 * @throws {UserError} `busy` when the holder keeps it longer than 90 s, `write_failed` when the folder is not writable.
 */
export async function withLock<T>(file: string, work: () => Promise<T> | T, options: LockOptions = {}): Promise<T> {
  const release = await acquire(file, options);
  try {
    return await work();
  } finally {
    release();
  }
}

async function acquire(file: string, { onWait, waitMs = WAIT_MS }: LockOptions): Promise<() => void> {
  ensurePrivateFolder(dirname(file));
  // Not the time of day, which jumps over a night's sleep of the machine.
  const begun = performance.now();
  let told = false;
  for (;;) {
    const highest = highestNumber(file);
    const holder = highest === 0 ? null : liveHolder(ticketPath(file, highest));
    if (holder === null) {
      const release = tryTake(file, highest);
      if (release !== null) return release;
      continue;
    }
    const waited = performance.now() - begun;
    if (waited > waitMs) throw busy(holder, waitMs);
    if (waited > 3_000 && !told) {
      told = true;
      onWait?.(holder);
    }
    await sleep(POLL_MS + Math.random() * POLL_MS);
  }
}

function busy(holder: number, waitMs: number): UserError {
  const seconds = Math.round(waitMs / 1000);
  return new UserError('busy', `another claude-keys (process ${holder}) has been at work for over ${seconds} s`, {
    hint: `wait for it to finish, or end it: kill ${holder}`,
  });
}

/** Succeeds the ticket with this number (0: there is none yet); null when the lock has moved on meanwhile. */
function tryTake(file: string, before: number): (() => void) | null {
  const number = before + 1;
  const path = ticketPath(file, number);
  // By its own name: two containers may share the folder and the pid.
  const draft = `${file}.lock-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, ownTicket(), { mode: 0o600, flag: 'wx' });
    linkSync(draft, path);
  } catch (error) {
    // Another was faster, or the draft was cleaned up while this process was suspended.
    if (['EEXIST', 'ENOENT'].includes(systemCode(error) ?? '')) return null;
    throw writeFailed(path, error);
  } finally {
    discard(draft);
  }
  const succeeded = before === 0 || existsSync(ticketPath(file, before));
  if (!succeeded || highestNumber(file) !== number) {
    discard(path);
    return null;
  }
  cleanUp(file, number);
  return () => giveBack(path);
}

/** Empties the ticket, which takes no space on a full disk; one that cannot be emptied ends with the process. */
function giveBack(path: string): void {
  try {
    truncateSync(path);
  } catch {}
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Not worth failing for: a lower ticket counts for nothing, and the next holder tries again.
  }
}

function ticketPath(file: string, number: number): string {
  return `${file}.lock.${number}`;
}

function highestNumber(file: string): number {
  return Math.max(0, ...numbersOf(file));
}

/** The numbers of the tickets there are, in ascending order. */
function numbersOf(file: string): number[] {
  const prefix = `${basename(file)}.lock.`;
  return entriesOf(file, prefix)
    .map((entry) => Number(entry.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0)
    .sort((a, b) => a - b);
}

function entriesOf(file: string, prefix: string): string[] {
  const folder = dirname(file);
  try {
    return readdirSync(folder).filter((entry) => entry.startsWith(prefix));
  } catch (error) {
    throw writeFailed(folder, error);
  }
}

/** Done by the holder: removes the older tickets, lowest first, and drafts that were left behind. */
function cleanUp(file: string, number: number): void {
  for (const older of numbersOf(file)) if (older < number) discard(ticketPath(file, older));
  for (const entry of entriesOf(file, `${basename(file)}.lock-`)) {
    const draft = join(dirname(file), entry);
    const written = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - written > DRAFT_MS) discard(draft);
  }
}
