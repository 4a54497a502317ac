import { linkSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode, UserError } from '../errors.ts';
import { ensurePrivateFolder, writeFailed } from './replace.ts';

/**
 * Mutual exclusion between processes that survives SIGKILL: a dead holder's lock is taken over at once.
 *
 * A lock is a row of numbered ticket files, `<file>.lock.1`, `.2`, …; the highest number is the one that counts. Whoever
 * finds its holder dead or done links the next number into place (which only one process can do) and holds the lock if
 * its number is still the highest after that. The highest ticket is never deleted, only succeeded, so a process that
 * was stopped between looking and linking cannot believe that it holds a lock that has moved on.
 *
 * Written here because a lock by modification time (proper-lockfile) makes everyone wait for seconds after a kill and
 * is lost by a process that was suspended, and a kernel lock (flock) needs a native addon.
 */
interface Ticket {
  readonly pid: number;
  /** Start of the process, where the system tells: a reused pid is another process. */
  readonly started: string | null;
  /** The machine and pid namespace in which `pid` means something. */
  readonly place: string;
  readonly done: boolean;
}

const POLL_MS = 20;
const WAIT_MS = 90_000;
/** A holder on another machine or in another container cannot be looked up: it is believed for this long. */
const FOREIGN_MS = 120_000;

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
  const begun = Date.now();
  let told = false;
  for (;;) {
    const highest = highestNumber(file);
    const holder = highest === 0 ? null : liveHolder(ticketPath(file, highest));
    if (holder === null) {
      const release = tryTake(file, highest + 1);
      if (release !== null) return release;
      continue;
    }
    const waited = Date.now() - begun;
    if (waited > waitMs) {
      throw new UserError(
        'busy',
        `another claude-keys (process ${holder}) has been at work for over ${Math.round(waitMs / 1000)} s`,
        {
          hint: `wait for it to finish, or end it: kill ${holder}`,
        },
      );
    }
    if (waited > 3_000 && !told) {
      told = true;
      onWait?.(holder);
    }
    await sleep(POLL_MS + Math.random() * POLL_MS);
  }
}

function tryTake(file: string, number: number): (() => void) | null {
  const path = ticketPath(file, number);
  const draft = `${file}.lock-${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify(ownTicket(false)), { mode: 0o600 });
    linkSync(draft, path);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return null;
    throw writeFailed(path, error);
  } finally {
    rmSync(draft, { force: true });
  }
  if (highestNumber(file) !== number) {
    rmSync(path, { force: true });
    return null;
  }
  removeOlder(file, number);
  return () => giveBack(path);
}

/** A full disk leaves the ticket empty, which counts as done; a ticket that cannot be written ends with the process. */
function giveBack(path: string): void {
  try {
    writeFileSync(path, JSON.stringify(ownTicket(true)));
  } catch {}
}

/** The pid of the process that holds this ticket, or null when it is done or dead. */
function liveHolder(path: string): number | null {
  let ticket: Ticket;
  let age: number;
  try {
    ticket = JSON.parse(readFileSync(path, 'utf8')) as Ticket;
    age = Date.now() - statSync(path).mtimeMs;
  } catch {
    // Succeeded and removed meanwhile, or cut off by a crash while it was being marked as done.
    return null;
  }
  if (ticket.done) return null;
  if (ticket.place !== place()) return age < FOREIGN_MS ? ticket.pid : null;
  return isAlive(ticket.pid) && startOf(ticket.pid) === ticket.started ? ticket.pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Field 22 of proc(5)'s `stat`; the command name before it may hold spaces and parentheses. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function ownTicket(done: boolean): Ticket {
  return { pid: process.pid, started: startOf(process.pid), place: place(), done };
}

function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function ticketPath(file: string, number: number): string {
  return `${file}.lock.${number}`;
}

function numbersOf(file: string): number[] {
  const prefix = `${basename(file)}.lock.`;
  return readdirSync(dirname(file))
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => Number(entry.slice(prefix.length)))
    .filter((number) => Number.isSafeInteger(number) && number > 0);
}

function highestNumber(file: string): number {
  return Math.max(0, ...numbersOf(file));
}

function removeOlder(file: string, number: number): void {
  for (const older of numbersOf(file)) if (older < number) rmSync(ticketPath(file, older), { force: true });
}
