import { nameOf, type Result, type Row } from './result.ts';

/** JUnit XML: a failed test for each credential, an error for each thing that could not be looked at. */
export function toJunit({ rows, skipped, scanned }: Result): string {
  const failed = skipped.filter((skip) => skip.failed);
  const cases = [
    ...rows.map(failureOf),
    ...failed.map(({ what, why }) => testcase(what, `<error message="${escaped(`not looked at: ${why}`)}"/>`)),
  ];
  const passed =
    cases.length === 0
      ? [`    <testcase classname="claude-keys" name="${scanned.files} files, ${scanned.objects} objects"/>`]
      : cases;
  const counts = `tests="${passed.length}" failures="${rows.length}" errors="${failed.length}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="claude-keys scan" ${counts}>`,
    ...passed,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function failureOf(row: Row): string {
  const places = row.occurrences.map(
    ({ file, line, commit }) => `${file}:${line}${commit === null ? '' : ` (${commit})`}`,
  );
  const message = `${nameOf(row)} ${row.redacted}, ${row.confidence} confidence`;
  const text = escaped([...places, ...row.next].join('\n'));
  return testcase(places[0] ?? '', `<failure message="${escaped(message)}" type="${row.kind}">${text}</failure>`);
}

function testcase(name: string, inner: string): string {
  return `    <testcase classname="claude-keys" name="${escaped(name)}">${inner}</testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? '');
}
