import { UserError } from '../../errors.ts';
import { findKeys } from '../../keys/find.ts';
import { holdsSecret } from '../../keys/name.ts';
import { printable } from '../../terminal/plain.ts';

/** A string of the JSON that holds keys. */
export interface JsonPlace {
  readonly text: string;
  /** The nearest words for what it is: a field's label, a property's name. */
  readonly variable: string | null;
  /** The outermost title on the way to it. */
  readonly title: string | null;
}

const MOST_DEPTH = 100;
/** Names that say nothing of which key it is. */
const GENERIC =
  /^(?:value|values|password|secret|token|credentials?|api[ _-]?keys?|key|notes?(?:plain)?|login|fields?|items?|data|text|concealed|text|username)$/i;

/**
 * Every string in a JSON text that holds a key, with the words around it that may name it: `title`, `name` and `label`
 * as 1Password and Bitwarden have them, or the property itself.
 * @throws {UserError} `usage` when it is not JSON. The text itself is never repeated.
 */
export function stringsOf(json: string): JsonPlace[] {
  let content: unknown;
  try {
    content = JSON.parse(json.replace(/^\uFEFF/, ''));
  } catch {
    throw new UserError('usage', 'what came on standard input is not JSON', {
      hint: 'for example: op item get "Claude" --format json | claude-keys import - ; a key alone: claude-keys add NAME',
    });
  }
  const places: JsonPlace[] = [];
  visit(content, { labels: [], properties: [] }, places);
  return places;
}

interface Way {
  /** Titles of the objects on the way, outermost first. */
  readonly labels: readonly string[];
  /** Names of the properties on the way, outermost first. */
  readonly properties: readonly string[];
}

function visit(value: unknown, way: Way, places: JsonPlace[]): void {
  if (typeof value === 'string') {
    const { keys, others } = findKeys(value);
    if (keys.length + others.length > 0) places.push({ text: value, ...wordsOf(way) });
  } else if (Array.isArray(value)) {
    for (const item of value) visit(item, way, places);
  } else if (typeof value === 'object' && value !== null && way.properties.length < MOST_DEPTH) {
    const label = labelOf(value as Record<string, unknown>);
    const labels = label === null ? way.labels : [...way.labels, label];
    for (const [name, inner] of Object.entries(value)) {
      visit(inner, { labels, properties: [...way.properties, name] }, places);
    }
  }
}

function labelOf(item: Readonly<Record<string, unknown>>): string | null {
  const label = ['title', 'name', 'label'].map((name) => item[name]).find((text) => typeof text === 'string');
  return typeof label === 'string' && says(label) ? label : null;
}

function wordsOf({ labels, properties }: Way): { variable: string | null; title: string | null } {
  const speaking = properties.filter(says);
  const variable = labels.at(-1) ?? speaking.at(-1) ?? properties.at(-1);
  return {
    variable: variable === undefined || holdsSecret(variable) ? null : printable(variable.slice(0, 80)),
    title: labels[0] ?? speaking.at(-1) ?? null,
  };
}

function says(text: string): boolean {
  return text.trim() !== '' && !GENERIC.test(text.trim()) && !holdsSecret(text);
}
