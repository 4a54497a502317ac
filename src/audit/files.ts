import { basename, dirname, join } from 'node:path';
import type { Paths } from '../paths.ts';

/** The files of the audit log. */
export interface AuditFiles {
  /** `audit.jsonl`, which lines are added to. */
  readonly log: string;
  /** `audit.head`: how far the log goes. */
  readonly head: string;
  /** A part that was full, by its number, from 1 on: `audit.1.jsonl`. */
  part(number: number): string;
}

export function auditFiles({ auditFile: log }: Pick<Paths, 'auditFile'>): AuditFiles {
  const stem = join(dirname(log), basename(log, '.jsonl'));
  return { log, head: `${stem}.head`, part: (number) => `${stem}.${number}.jsonl` };
}
