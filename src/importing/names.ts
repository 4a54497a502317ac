import { basename, dirname } from 'node:path';
import type { Context } from '../context.ts';
import type { KeyKind } from '../keys/entry.ts';
import { holdsSecret, NAME } from '../keys/name.ts';
import type { Find, Place } from './places.ts';

const MOST = 56;
/** What a variable is called says nothing, once these are taken off. */
const COMMON_WORDS = /^(?:anthropic|claude|code|ai|api|admin|oauth|auth|key|token|secret|my|aider|primaryapikey)$/i;
/** Endings of `.env` files that say which environment; `.local`, `.example` and the like do not. */
const STAGES = /^\.env\.(production|prod|staging|stage|preview|test|development|dev|ci)(?:\.|$)/;
const BY_KIND: Readonly<Record<KeyKind, string>> = {
  api: 'anthropic',
  admin: 'anthropic-admin',
  oauth: 'claude-oauth',
};

/**
 * A name for a key, from the place that says most of it: the item's title, the project's folder, the program, the
 * variable. Never one of `taken`: `foo`, then `foo-2`.
 */
export function suggestName(ctx: Context, find: Find, taken: ReadonlySet<string>): string {
  const base = find.places.map((place) => baseOf(ctx, place)).sort(byRank)[0]?.base ?? null;
  const own = base === null ? BY_KIND[find.kind] : withKind(base, find.kind);
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? own : `${own}-${count}`;
    if (!taken.has(name)) return name;
  }
}

interface Base {
  readonly base: string | null;
  readonly rank: number;
}

function byRank(a: Base, b: Base): number {
  return (a.base === null ? 9 : a.rank) - (b.base === null ? 9 : b.rank);
}

function baseOf(ctx: Context, place: Place): Base {
  const { source, file, variable, title } = place;
  const special = specialWords(variable);
  if (source === 'stdin') return { base: fromTitle(title), rank: 0 };
  if (file === null) return { base: special, rank: 4 };
  const folder = dirname(file.file.path);
  if (isEnvFile(file.file.path) && folder !== ctx.home) {
    const stage = STAGES.exec(basename(file.file.path))?.[1];
    return { base: slug([basename(folder), special ?? stage].filter(Boolean).join('-')), rank: 1 };
  }
  if (['llm', 'claude-code', 'aider', 'goose'].includes(source)) return { base: special ?? source, rank: 2 };
  return { base: special, rank: 3 };
}

/** A name that was given on purpose stays as it is; a variable's is read like any other. */
function fromTitle(title: string | null): string | null {
  if (title === null || /^[A-Z0-9_]+$/.test(title)) return specialWords(title);
  return NAME.test(title) && !holdsSecret(title) && title.length <= MOST ? title : slug(title);
}

function isEnvFile(path: string): boolean {
  return /^\.env/.test(basename(path));
}

/** `PROD_ANTHROPIC_API_KEY` -> `prod`; null for what every key's variable is called. */
function specialWords(variable: string | null): string | null {
  if (variable === null || !/^[\w.-]+$/.test(variable)) return null;
  const words = variable.split(/[_.-]+/).filter((word) => word !== '' && !COMMON_WORDS.test(word));
  return words.length === 0 ? null : slug(words.join('-'));
}

function withKind(base: string, kind: KeyKind): string {
  if (kind === 'api' || base.includes(kind)) return base;
  return `${base}-${kind}`;
}

/** The text as the name of a key; null when nothing of it can be one. */
function slug(text: string | null): string | null {
  if (text === null || holdsSecret(text) || /sk-ant-/i.test(text)) return null;
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, MOST);
  return NAME.test(name) ? name : null;
}
