import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { AuditFiles } from './files.ts';
import { type AuditLine, isAuditLine } from './line.ts';
import { partNumbers } from './parts.ts';

/** A line as it stands in its file. */
export interface StoredLine {
  readonly file: string;
  /** In its file, from 1 on. */
  readonly number: number;
  readonly bytes: Buffer;
  /** False for what stands behind the last line end. */
  readonly ended: boolean;
}

const CHUNK = 1024 * 1024;
const LINE_END = 0x0a;

/** The files with the log's lines, the oldest first. */
export function logFiles(files: AuditFiles): string[] {
  return [...partNumbers(files).map((number) => files.part(number)), files.log].filter(
    (file) => statSync(file, { throwIfNoEntry: false })?.isFile() === true,
  );
}

/** The lines of a file, one after the other, so that a log of any size needs no more memory than one of its parts. */
export function* linesOf(file: string, size = statSync(file).size): Generator<StoredLine> {
  const handle = openSync(file, 'r');
  try {
    let rest: Buffer = Buffer.alloc(0);
    let number = 0;
    for (let at = 0; at < size; ) {
      const chunk = Buffer.alloc(Math.min(CHUNK, size - at));
      const length = readSync(handle, chunk, 0, chunk.length, at);
      if (length === 0) break;
      at += length;
      let bytes = rest.length === 0 ? chunk.subarray(0, length) : Buffer.concat([rest, chunk.subarray(0, length)]);
      for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END)) {
        number += 1;
        yield { file, number, bytes: bytes.subarray(0, end), ended: true };
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes;
    }
    if (rest.length > 0) yield { file, number: number + 1, bytes: rest, ended: false };
  } finally {
    closeSync(handle);
  }
}

/** What a line says; null for what is no line of the log. */
export function parseLine({ bytes }: StoredLine): AuditLine | null {
  try {
    const line: unknown = JSON.parse(bytes.toString('utf8'));
    return isAuditLine(line, []) ? line : null;
  } catch {
    return null;
  }
}

/** Every line there is that can be read, the oldest first. */
export function* auditLines(files: AuditFiles): Generator<AuditLine> {
  for (const file of logFiles(files)) {
    for (const stored of linesOf(file)) {
      const line = parseLine(stored);
      if (line !== null) yield line;
    }
  }
}
