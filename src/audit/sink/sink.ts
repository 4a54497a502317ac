import type { AuditLine } from '../line.ts';

/** A line as it is sent: what it says, and the text whose hash the next one carries. */
export interface SentLine {
  readonly line: AuditLine;
  readonly text: string;
}

/** A place that lines are sent to. */
export interface Sink {
  /** @throws {UserError} `undecided` when they did not arrive, as far as the protocol tells. */
  send(lines: readonly SentLine[]): Promise<void>;
  close(): Promise<void>;
}
