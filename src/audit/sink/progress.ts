import { dirname, join } from 'node:path';
import { readIfThere, replaceFile } from '../../files/replace.ts';
import { isNumber, isText, listOf, object, type Shaped } from '../../files/shape.ts';
import type { AuditFiles } from '../files.ts';

const isSent = object({ sink: isText, seq: isNumber, hash: isText });
const isProgress = object({ sinks: listOf(isSent) });

/** The last line that a sink got, and its hash. */
export type Sent = Shaped<typeof isSent>;

export function progressFile(files: AuditFiles): string {
  return join(dirname(files.log), 'audit.sinks.json');
}

/** Null for a sink that got nothing yet. */
export function readSent(file: string, sink: string): Sent | null {
  return readAll(file).find((sent) => sent.sink === sink) ?? null;
}

/** The caller holds the lock of the file. */
export function writeSent(file: string, sent: Sent): void {
  const others = readAll(file).filter(({ sink }) => sink !== sent.sink);
  replaceFile(file, `${JSON.stringify({ sinks: [...others, sent] }, null, 2)}\n`);
}

/** A file that is damaged is as good as none: every line is sent once more. */
function readAll(file: string): Sent[] {
  try {
    const content: unknown = JSON.parse(readIfThere(file)?.toString('utf8') ?? '');
    return isProgress(content, []) ? content.sinks : [];
  } catch {
    return [];
  }
}
