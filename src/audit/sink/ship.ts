import { createHash } from 'node:crypto';
import { withLock } from '../../files/lock.ts';
import type { AuditFiles } from '../files.ts';
import { linesOf, logFiles, parseLine } from '../read.ts';
import { progressFile, readSent, writeSent } from './progress.ts';
import type { SentLine, Sink } from './sink.ts';

export interface Shipment {
  readonly sent: number;
  /** The number of the last line that the sink has now; 0 for none. */
  readonly last: number;
  /** Numbers of lines that do not follow from the one that was sent before. */
  readonly breaks: readonly number[];
}

const BATCH = 200;

/**
 * Sends every line that the sink did not get yet, in order, and writes down after each batch how far it got: killed at
 * any moment, the next run goes on, and at most one batch arrives twice.
 * @param since leaves out what is older
 */
export function ship(files: AuditFiles, name: string, sink: Sink, since: string): Promise<Shipment> {
  const file = progressFile(files);
  return withLock(`${file}.${createHash('sha256').update(name).digest('hex').slice(0, 8)}`, async () => {
    const before = readSent(file, name);
    let { seq, hash } = before ?? { seq: 0, hash: '' };
    let known = before !== null;
    let sent = 0;
    const breaks: number[] = [];
    const batch: SentLine[] = [];
    const flush = async () => {
      if (batch.length === 0) return;
      await sink.send(batch);
      sent += batch.length;
      batch.length = 0;
      await withLock(file, () => writeSent(file, { sink: name, seq, hash }));
    };
    for (const path of logFiles(files)) {
      for (const stored of linesOf(path)) {
        const line = stored.ended ? parseLine(stored) : null;
        if (line === null || line.seq <= seq || (!known && line.time < since)) continue;
        if (known && line.prev !== hash) breaks.push(line.seq);
        known = true;
        seq = line.seq;
        hash = createHash('sha256').update(stored.bytes).digest('hex');
        batch.push({ line, text: stored.bytes.toString('utf8') });
        if (batch.length === BATCH) await flush();
      }
    }
    await flush();
    return { sent, last: seq, breaks };
  });
}
