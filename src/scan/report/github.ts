import { nameOf, type Result } from './result.ts';

const COMMANDS = { high: 'error', medium: 'warning', low: 'notice' } as const;

/** Workflow commands of GitHub Actions: an annotation for each place. */
export function toGithub({ rows, skipped }: Result): string {
  const finds = rows.flatMap((row) =>
    row.occurrences.map(({ file, line, column, endLine, commit }) => {
      const isFile = !file.startsWith('<');
      const at = isFile ? `file=${property(file)},line=${line},endLine=${endLine},col=${column},` : '';
      const where = commit === null ? '' : ` in commit ${commit.slice(0, 12)}${isFile ? '' : ` ${file}`}`;
      const message = `${nameOf(row)} ${row.redacted}${where}. ${row.next[0] ?? ''}`;
      return `::${COMMANDS[row.confidence]} ${at}title=${property(`Leaked ${nameOf(row)}`)}::${data(message)}\n`;
    }),
  );
  const failures = skipped
    .filter(({ failed }) => failed)
    .map(({ what, why }) => `::error title=Not looked at::${data(`${what}: ${why}`)}\n`);
  return [...finds, ...failures].join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
