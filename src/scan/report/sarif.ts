import type { Occurrence } from '../findings.ts';
import { nameOf, type Result, type Row } from './result.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';
const LEVELS = { high: 'error', medium: 'warning', low: 'note' } as const;
const SEVERITIES = { high: '9.5', medium: '7.0', low: '3.0' } as const;

/** SARIF 2.1.0, as GitHub code scanning takes it: one result for each place, so that each is shown at its line. */
export function toSarif({ rows, skipped, interrupted }: Result, version: string): unknown {
  const failed = skipped.filter(({ failed: hasFailed }) => hasFailed);
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'claude-keys', semanticVersion: version, version, rules: rulesOf(rows) } },
        columnKind: 'unicodeCodePoints',
        invocations: [
          {
            executionSuccessful: failed.length === 0 && !interrupted,
            toolExecutionNotifications: failed.map(({ what, why }) => ({
              level: 'error',
              message: { text: `${what}: ${why}` },
            })),
          },
        ],
        results: rows.flatMap((row) => row.occurrences.map((occurrence) => resultOf(row, occurrence))),
      },
    ],
  };
}

const ruleId = ({ kind }: Row) => `claude-keys/${kind}`;

function rulesOf(rows: readonly Row[]) {
  const byId = new Map(rows.map((row) => [ruleId(row), row]));
  return [...byId].map(([id, row]) => ({
    id,
    name: `Leaked${row.kind[0]?.toUpperCase()}${row.kind.slice(1)}`,
    shortDescription: { text: `A Claude ${nameOf(row)} in plain sight` },
    fullDescription: { text: `Whoever reads this can use the ${nameOf(row)}. Replace it first, then take it out.` },
    defaultConfiguration: { level: 'error' },
    properties: { 'security-severity': SEVERITIES.high, tags: ['security', 'secret'] },
  }));
}

function resultOf(row: Row, occurrence: Occurrence) {
  const { file, line, column, endLine, commit, where, author, date, ref, encoding } = occurrence;
  return {
    ruleId: ruleId(row),
    level: LEVELS[row.confidence],
    message: { text: `${nameOf(row)} ${row.redacted}${commit === null ? '' : ` in commit ${commit.slice(0, 12)}`}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column, endLine },
        },
      },
    ],
    partialFingerprints: { 'claudeKeysFingerprint/v1': row.fingerprint },
    properties: {
      confidence: row.confidence,
      where,
      commit,
      author,
      date,
      ref,
      encoding,
      key: row.key,
      live: row.live,
    },
  };
}

/** A relative reference, or a file URL; what is no file gets a name that is one. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return file.startsWith('/') ? `file://${path}` : path;
}
