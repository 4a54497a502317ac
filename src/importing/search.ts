import type { Context } from '../context.ts';
import { type Finds, type FoundKey, findKeys } from '../keys/find.ts';
import { identify } from '../keys/identify.ts';
import { lineAround } from './edit/edit.ts';
import { isRenewed } from './edit/json.ts';
import type { Candidate, Find, Other, Place, Search, SourceFile, SourceKind } from './places.ts';
import { labelOf, readSource } from './read.ts';
import { stringsOf } from './sources/json-input.ts';
import { envFiles, named } from './sources/paths.ts';
import { profiles } from './sources/profiles.ts';
import { tools } from './sources/tools.ts';

/** Where to look. */
export interface Scope {
  /** Files and folders; the usual places and the environment when there are none and no JSON either. */
  readonly paths: readonly string[];
  /** JSON that came on standard input. */
  readonly json: string | null;
}

/** Looks for keys; changes nothing. A file that cannot be read is told and never ends the search. */
export function search(ctx: Context, { paths, json }: Scope): Search {
  const gathered = new Gathered();
  const usual = paths.length === 0 && json === null;
  if (usual) addEnvironment(gathered, ctx);
  if (json !== null) addJson(gathered, json);
  const candidates = usual ? [...envFiles(ctx.cwd), ...profiles(ctx), ...tools(ctx)] : named(ctx, paths);
  for (const candidate of candidates) addFile(gathered, ctx, candidate);
  return gathered;
}

class Gathered implements Search {
  readonly #finds = new Map<string, Find>();
  /** Two ways to one file (a link into a dotfiles folder) are one place. */
  readonly files = new Set<string>();
  readonly others: Other[] = [];
  readonly troubles: { label: string; why: string; asked: boolean }[] = [];

  get finds(): readonly Find[] {
    return [...this.#finds.values()];
  }

  get looked(): number {
    return this.files.size;
  }

  add({ secret, kind }: FoundKey, place: Place): void {
    const { redacted, fingerprint } = identify(secret);
    const known = this.#finds.get(fingerprint);
    if (known === undefined) this.#finds.set(fingerprint, { secret, kind, redacted, fingerprint, places: [place] });
    else known.places.push(place);
  }

  addOthers({ others }: Finds, where: string): void {
    for (const { redacted, what } of others) this.others.push({ redacted, what, where });
  }
}

function addEnvironment(gathered: Gathered, ctx: Context): void {
  for (const [variable, value] of Object.entries(ctx.env)) {
    if (value === undefined || value.length > 65_536) continue;
    const finds = findKeys(value);
    for (const key of finds.keys) gathered.add(key, newPlace('environment', { variable }));
    gathered.addOthers(finds, `the environment (${variable})`);
  }
}

function addJson(gathered: Gathered, json: string): void {
  for (const { text, variable, title } of stringsOf(json)) {
    const finds = findKeys(text);
    for (const key of finds.keys) gathered.add(key, newPlace('stdin', { variable, title }));
    gathered.addOthers(finds, 'standard input');
  }
}

function addFile(gathered: Gathered, ctx: Context, candidate: Candidate): void {
  const read = readSource(ctx, candidate);
  if (read === null) return;
  if (typeof read === 'string') {
    const label = labelOf(ctx, candidate.path);
    // More than one tool may read it.
    if (gathered.troubles.some((known) => known.label === label)) return;
    gathered.troubles.push({ label, why: read, asked: candidate.asked });
    return;
  }
  if (gathered.files.has(read.file.target)) return;
  gathered.files.add(read.file.target);
  // fish writes `-` as `\x2d`; where in its line a key stands is of no use there.
  const text = read.syntax === 'fish-variables' ? read.text.replaceAll('\\x2d', '-') : read.text;
  const finds = findKeys(text);
  for (const key of finds.keys) {
    const place = placeIn(read, text, key);
    if (read.syntax === 'json' && isRenewed(text, key.start)) {
      const what = 'the session of a program, which renews it itself';
      gathered.others.push({ redacted: identify(key.secret).redacted, what, where: `${read.label}:${place.line}` });
    } else gathered.add(key, place);
  }
  for (const other of finds.others) {
    gathered.addOthers({ keys: [], others: [other] }, `${read.label}:${lineOf(text, other.start)}`);
  }
}

function placeIn(file: SourceFile, text: string, { start, end }: { start: number; end: number }): Place {
  const line = lineAround(text, start);
  const variable = variableBefore(text.slice(Math.max(line.start, start - 200), start));
  return newPlace(file.source, {
    file,
    start,
    end,
    line: lineOf(text, start),
    column: start - line.start + 1,
    variable,
  });
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

const BEFORE = [
  /([A-Za-z_][\w.-]*)["']?\]?[ \t]*(?:[:=]|=>)[ \t]*(?:Bearer )?\$?["'`]?$/,
  /(?:^|\s)(?:set|setenv|setx|password)[ \t]+(?:-{1,2}[\w-]+[ \t]+)*([A-Za-z_]\w*)[ \t]+["']?$/,
  /["']([A-Za-z_]\w*)["'][ \t]*,[ \t]*["']$/,
];

function variableBefore(text: string): string | null {
  return BEFORE.map((pattern) => pattern.exec(text)?.[1]).find((name) => name !== undefined) ?? null;
}

function newPlace(source: SourceKind, rest: Partial<Place>): Place {
  const nowhere = { file: null, start: 0, end: 0, line: null, column: null, variable: null, title: null };
  return { source, ...nowhere, tracked: false, removed: false, why: null, told: false, ...rest };
}
