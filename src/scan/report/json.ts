import type { Occurrence } from '../findings.ts';
import type { Result } from './result.ts';

/** The document of `scan --json`. */
export function toDocument({ rows, scanned, skipped, allowed, interrupted }: Result): unknown {
  return {
    findings: rows.map(({ kind, confidence, redacted, fingerprint, key, live, next, occurrences }) => ({
      kind,
      confidence,
      ...fieldsOf(occurrences[0] as Occurrence),
      redacted,
      fingerprint,
      key,
      live,
      next,
      occurrences: occurrences.map(fieldsOf),
    })),
    scanned,
    skipped,
    allowed,
    interrupted,
  };
}

function fieldsOf(occurrence: Occurrence) {
  const { file, line, column, endLine, commit, author, date, ref, where, ignored, encoding } = occurrence;
  return { file, line, column, endLine, commit, author, date, ref, where, ignored, encoding };
}
