import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../errors.ts';

/** A process, told from every other: who holds a lock (`lock.ts`). An empty ticket is one whose holder is done. */
export interface Ticket {
  readonly pid: number;
  /** Start of the process, where the system tells: a reused pid is another process. */
  readonly started: string | null;
  /** The machine and pid namespace in which `pid` means something. */
  readonly place: string;
}

/** A holder on another machine or in another container cannot be looked up: it is believed for this long. */
const FOREIGN_MS = 120_000;

/** This process. */
export function self(): Ticket {
  return { pid: process.pid, started: processNow(process.pid).started, place: place() };
}

/** The content of a ticket of this process. */
export function ownTicket(): string {
  return JSON.stringify(self());
}

/** The pid of the process that holds this ticket, or null when it is done or dead. */
export function liveHolder(path: string): number | null {
  const ticket = read(path);
  if (ticket === null) return null;
  return (isAlive(ticket) ?? isRecent(path)) ? ticket.pid : null;
}

/** Whether that very process still runs; null when it is of another machine or container, where nobody can look. */
export function isAlive(ticket: Ticket): boolean | null {
  if (ticket.place !== place()) return null;
  if (!isThere(ticket.pid)) return false;
  const { state, started } = processNow(ticket.pid);
  // A zombie is dead; in a container without an init nobody may ever bury it.
  if (state === 'Z' || state === 'X') return false;
  // Where `/proc` shows nothing (macOS, hidepid) the process counts as the same.
  return started === null || started === ticket.started;
}

/** Null also for a ticket that was succeeded and removed meanwhile, or cut off by a crash of the whole machine. */
function read(path: string): Ticket | null {
  try {
    const ticket: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isTicket(ticket) ? ticket : null;
  } catch {
    return null;
  }
}

function isTicket(value: unknown): value is Ticket {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('place' in value)) return false;
  return Number.isInteger(value.pid) && Number(value.pid) > 0 && typeof value.place === 'string';
}

/**
 * Whether a holder that cannot be looked up is still believed. The clock of the other machine may be ahead of ours, but
 * not by hours.
 * @param field the time to go by: of its last write, or of its last change of any kind, a rename too
 */
export function isRecent(path: string, field: 'mtimeMs' | 'ctimeMs' = 'mtimeMs'): boolean {
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.[field] ?? 0);
  return Math.abs(age) < FOREIGN_MS;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** Fields 3 and 22 of proc(5)'s `stat`; the command name before them may hold spaces and parentheses. */
function processNow(pid: number): { state: string | null; started: string | null } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? null, started: fields[19] ?? null };
  } catch {
    return { state: null, started: null };
  }
}

function place(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}
