import { isUtf8 } from 'node:buffer';

/** What `keys.age` holds: each slot's secret. A Map, because a key may be called `constructor`. */
export type Secrets = Map<string, string>;

/** The secrets in the decrypted content, or null when it is not a JSON object of texts. */
export function parseSecrets(content: Buffer): Secrets | null {
  if (!isUtf8(content)) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(content.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
  const entries = Object.entries(parsed);
  return entries.every(isText) ? new Map(entries) : null;
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string';
}

/** In the order of the names, one a line, for a person who opens the file with `age -d`. */
export function formatSecrets(secrets: Secrets): string {
  const sorted = [...secrets].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
}
