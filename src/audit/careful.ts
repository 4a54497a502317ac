import { closeSync, linkSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { sha256 } from '../keys/sha256.ts';
import { addTo, append, sizeOf, type Unchained } from './append.ts';
import type { AuditFiles } from './files.ts';
import type { Claim } from './head.ts';
import { type Head, NEW_HEAD } from './line.ts';
import { partNumbers } from './parts.ts';

/** What is said of a log whose head was gone. */
export const LOST = 'the head of the log was missing: whether lines were removed before this one is not known';

/** Adds a line wherever the log stands: new, full, cut off by a kill, or without its head. */
export function appendCarefully(files: AuditFiles, claim: Claim, event: Unchained, partBytes: number): void {
  settle(files, claim);
  const head = claim.head ?? beginning(files, claim, event);
  append(files, claim, sizeOf(files.log) < partBytes ? head : beginPart(files, claim, head), event);
}

/**
 * Ends what a killed writer had begun: the head tells which line was to be written, and where.
 * @returns whether there was something to end
 */
export function settle(files: AuditFiles, { head, abandoned }: Claim): boolean {
  if (!abandoned || head === null) return false;
  if (sizeOf(files.log) > head.size && head.parts > 0) movePart(files, head.parts);
  const size = sizeOf(files.log);
  const bytes = Buffer.from(`${head.line}\n`);
  const there = bytes.length - (head.size - size);
  if (there < 0 || there >= bytes.length || head.seq === 0) return false;
  if (!tailOf(files.log, size, there).equals(bytes.subarray(0, there))) return false;
  addTo(files.log, bytes.subarray(there));
  return true;
}

function beginPart(files: AuditFiles, claim: Claim, before: Head): Head {
  const head: Head = { ...before, parts: before.parts + 1, size: 0, line: '' };
  claim.save(head);
  movePart(files, head.parts);
  return head;
}

/**
 * Makes the full log the part with this number and begins a new one, whatever of that was done before a kill. The name
 * of the log is there all the time: its absence would mean that there never was one.
 */
function movePart(files: AuditFiles, number: number): void {
  const part = files.part(number);
  try {
    linkSync(files.log, part);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (statSync(part).ino !== statSync(files.log).ino) return;
  }
  const fresh = `${files.log}.new`;
  writeFileSync(fresh, '', { mode: 0o600 });
  renameSync(fresh, files.log);
}

/** Where a log without a head begins. One that has lines already says first that it goes on without one. */
function beginning(files: AuditFiles, claim: Claim, event: Unchained): Head {
  const size = sizeOf(files.log);
  const parts = partNumbers(files).at(-1) ?? 0;
  if (size === 0 && parts === 0) return NEW_HEAD;
  const last = tailOf(files.log, size, size).toString('utf8').trimEnd().split('\n').at(-1) ?? '';
  const seq = Number(/^\{"seq":(\d{1,15}),/.exec(last)?.[1] ?? 0);
  const head: Head = { ...NEW_HEAD, seq, hash: sha256(last), line: last, size, parts };
  const lost = { ...event, command: 'audit', key: null, fingerprint: null, grant: null, detail: LOST };
  return append(files, claim, head, lost);
}

function tailOf(file: string, size: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (length === 0) return bytes;
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, length, size - length);
    return bytes;
  } finally {
    closeSync(handle);
  }
}
