import { readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemCode, UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { ensurePrivateFolder, readIfThere } from '../files/replace.ts';
import { isAlive, isRecent, type Ticket } from '../files/ticket.ts';
import type { AuditFiles } from './files.ts';
import { type Claim, claimAtOnce, claimFrom, HELD, parseHead } from './head.ts';
import type { Head } from './line.ts';

const POLL_MS = 1;
/** A holder keeps it for less than a millisecond, or until it is dead. */
const WAIT_MS = 10_000;
/** For so long a head that nobody has may be between two names. */
const LOST_MS = 1_000;

/**
 * The head, from whoever holds it, dead or alive, or a new one.
 * @throws {UserError} `busy` when it is not to be had within ten seconds.
 * @throws the system's own error where the folder cannot be written.
 */
export async function claimHead(files: AuditFiles, holder: Ticket): Promise<Claim> {
  const begun = performance.now();
  for (let turn = 0; ; turn += 1) {
    const free = claimAtOnce(files, holder);
    if (free !== null) return free;
    if (turn === 0) beginIfNew(files);
    const holders = heldNames(files);
    for (const held of holders) {
      const abandoned = isAbandoned(held) ? claimFrom(files, held, holder) : null;
      if (abandoned !== null) return abandoned;
    }
    const waited = performance.now() - begun;
    if (holders.length === 0 && waited > LOST_MS) await makeAnew(files);
    if (waited > WAIT_MS) throw busy();
    await sleep(POLL_MS);
  }
}

/** The head as it is, for who cannot or need not hold it; null when there is none, or none that can be read. */
export function readHead(files: AuditFiles): Head | null {
  for (const file of [files.head, ...heldNames(files)]) {
    const head = parseHead(readIfThere(file));
    if (head !== null) return head;
  }
  return null;
}

/** Whoever makes the log makes its first head. */
function beginIfNew(files: AuditFiles): void {
  ensurePrivateFolder(dirname(files.log));
  try {
    writeFileSync(files.log, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return;
    throw error;
  }
  // Where the log alone was removed, its head is there or in someone's hands, and goes on.
  if (heldNames(files).length === 0) makeHead(files);
}

/** Under the lock of the house, because this happens once if ever and two must not do it. */
function makeAnew(files: AuditFiles): Promise<void> {
  return withLock(files.head, () => {
    if (heldNames(files).length === 0) makeHead(files);
  });
}

function makeHead(files: AuditFiles): void {
  try {
    writeFileSync(files.head, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function heldNames(files: AuditFiles): string[] {
  const folder = dirname(files.head);
  const prefix = `${basename(files.head)}${HELD}`;
  return namesIn(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(folder, name));
}

/** None where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function isAbandoned(held: string): boolean {
  try {
    const [holder] = JSON.parse(decodeURIComponent(basename(held).split(HELD)[1] ?? '')) as [Ticket];
    return !(isAlive(holder) ?? isRecent(held, 'ctimeMs'));
  } catch {
    return true;
  }
}

function busy(): UserError {
  return new UserError('busy', 'another claude-keys has been writing the audit log for over 10 s', {
    hint: 'look with: claude-keys doctor',
  });
}
