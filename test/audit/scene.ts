import { join } from 'node:path';
import { PART_BYTES, type Unchained } from '../../src/audit/append.ts';
import { appendCarefully } from '../../src/audit/careful.ts';
import { type AuditFiles, auditFiles } from '../../src/audit/files.ts';
import { claimHead } from '../../src/audit/waiting.ts';
import { self } from '../../src/files/ticket.ts';

export const filesIn = (folder: string): AuditFiles => auditFiles({ auditFile: join(folder, 'audit.jsonl') });

/** An event that is told apart by its key. */
export function event(key: string): Unchained {
  return {
    time: '2026-11-24T12:00:00.000Z',
    command: 'print',
    key,
    fingerprint: 'sha256:0123456789abcdef',
    grant: null,
    detail: null,
    process: { pid: 4711, name: 'bash' },
    parents: [{ pid: 1, name: 'init' }],
    terminal: true,
    folder: '/home/someone',
  };
}

/** Adds a line as the program does. */
export async function add(files: AuditFiles, key: string, partBytes = PART_BYTES): Promise<void> {
  const claim = await claimHead(files, self());
  try {
    appendCarefully(files, claim, event(key), partBytes);
  } finally {
    claim.release();
  }
}
