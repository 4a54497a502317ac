import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { systemCode } from '../errors.ts';
import type { Ticket } from '../files/ticket.ts';
import { LOST, settle } from './careful.ts';
import type { AuditFiles } from './files.ts';

import { type Head, NEW_HEAD } from './line.ts';
import { linesOf, logFiles, parseLine, type StoredLine } from './read.ts';
import { claimHead, readHead } from './waiting.ts';

export interface Problem {
  readonly file: string;
  /** In that file; null for what concerns no line. */
  readonly line: number | null;
  readonly message: string;
}

export interface Verdict {
  readonly lines: number;
  /** The hash of the last line, to be kept elsewhere and compared another time. */
  readonly head: string | null;
  /** A line that a killed writer had begun and that was ended now. */
  readonly healed: boolean;
  readonly problems: readonly Problem[];
}

/** How far the log goes, taken while nobody writes. */
interface Extent {
  readonly head: Head | null;
  readonly files: readonly { readonly file: string; readonly size: number }[];
  readonly healed: boolean;
}

/** Proves that no line was changed, removed or put in between since it was written, or tells where. */
export async function verifyLog(files: AuditFiles, holder: Ticket): Promise<Verdict> {
  const { head, files: parts, healed } = await extentOf(files, holder);
  const chain = new Chain(head);
  for (const { file, size } of parts) for (const line of linesOf(file, size)) chain.add(line);
  const problems = chain.end(files, parts.at(-1)?.size ?? 0);
  return { lines: chain.lines, head: chain.hash, healed, problems };
}

/** A log that may not be written can still be verified, as long as nobody else writes it. */
async function extentOf(files: AuditFiles, holder: Ticket): Promise<Extent> {
  const measure = (head: Head | null, healed: boolean) => ({
    head,
    healed,
    files: logFiles(files).map((file) => ({ file, size: statSync(file).size })),
  });
  if (logFiles(files).length === 0) return measure(readHead(files), false);
  try {
    const claim = await claimHead(files, holder);
    try {
      return measure(claim.head, settle(files, claim));
    } finally {
      claim.release();
    }
  } catch (error) {
    if (!['EROFS', 'EACCES', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
    return measure(readHead(files), false);
  }
}

/** Follows the lines from the first to the last. */
class Chain {
  lines = 0;
  hash: string | null;
  readonly #head: Head | null;
  readonly #problems: Problem[] = [];
  #seq: number;

  constructor(head: Head | null) {
    this.#head = head;
    const { seq, prev } = (head ?? NEW_HEAD).base;
    this.hash = prev;
    this.#seq = seq - 1;
  }

  add(stored: StoredLine): void {
    this.lines += 1;
    const line = parseLine(stored);
    if (line === null || !stored.ended) {
      this.#tell(stored, stored.ended ? 'is no line of the log' : 'is not ended');
    } else {
      if (line.prev !== this.hash || line.seq !== this.#seq + 1) this.#tell(stored, this.#breach(line.seq));
      if (line.command === 'audit' && line.detail === LOST) this.#tell(stored, LOST);
      this.#seq = line.seq;
    }
    this.hash = createHash('sha256').update(stored.bytes).digest('hex');
  }

  end(files: AuditFiles, size: number): Problem[] {
    const file = basename(files.log);
    const end = (message: string) => this.#problems.push({ file, line: null, message });
    const head = this.#head;
    if (head === null) {
      if (this.lines > 0)
        end(`there is no ${basename(files.head)}: whether the newest lines were removed is not known`);
    } else if (this.#seq < head.seq) end(`lines ${this.#seq + 1} to ${head.seq} are missing at the end`);
    else if (this.hash !== head.hash || (size !== head.size && this.#problems.length === 0)) {
      end('the end is not what was written last');
    }
    return this.#problems;
  }

  #breach(seq: number): string {
    const next = this.#seq + 1;
    if (seq === next) return `does not follow from what is before it: line ${this.#seq} was changed, or this one`;
    if (seq > next) return `is line ${seq} where ${next} belongs: what was between them was removed`;
    return `is line ${seq} where ${next} belongs: it was put there`;
  }

  #tell({ file, number }: StoredLine, message: string): void {
    this.#problems.push({ file: basename(file), line: number, message });
  }
}
