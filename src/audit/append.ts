import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { sha256 } from '../keys/sha256.ts';
import type { AuditFiles } from './files.ts';
import type { Claim } from './head.ts';
import type { AuditLine, Head } from './line.ts';

export type Unchained = Omit<AuditLine, 'seq' | 'prev'>;

/** Some ten thousand lines. */
export const PART_BYTES = 4 * 1024 * 1024;

/**
 * Adds one line behind `before`; the caller holds the head. The head is written first, with the line in it, so that a
 * line that is cut off can be ended. A log that is not as the head says was changed by another: that is left for `verify`
 * to tell, and the chain goes on from the head.
 * @returns the head as it is now
 */
export function append(files: AuditFiles, claim: Claim, before: Head, event: Unchained): Head {
  const size = sizeOf(files.log);
  const seq = before.seq + 1;
  const line = JSON.stringify({ seq, ...event, prev: before.hash } satisfies AuditLine);
  const bytes = Buffer.from(`${line}\n`);
  const head: Head = { ...before, seq, hash: sha256(line), line, size: size + bytes.length };
  claim.save(head);
  try {
    addTo(files.log, bytes);
  } catch (error) {
    // The disk is full: the log is as it was, and the head says so.
    if (sizeOf(files.log) > size) truncateSync(files.log, size);
    claim.save(before);
    throw error;
  }
  return head;
}

export function addTo(file: string, bytes: Uint8Array): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
  } finally {
    closeSync(handle);
  }
}

/** 0 for a file that is not there. */
export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
