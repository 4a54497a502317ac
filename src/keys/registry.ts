import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { readIfThere, replaceFile } from '../files/replace.ts';
import { isThere, type KeyEntry, RegistryFile } from './entry.ts';

/**
 * The registry: names, kinds, dates and fingerprints of all keys, in one small file. Reading needs no lock, since the
 * file is always replaced whole. Changing goes through {@link changeRegistry} only.
 */
export interface Registry {
  default: string | null;
  readonly keys: Map<string, KeyEntry>;
}

/**
 * The registry as it is on disk; empty when there is no file.
 * @throws {UserError} `registry_damaged` when the file cannot be read or is not a registry.
 */
export function readRegistry(ctx: Context): Registry {
  const file = ctx.paths.registryFile;
  const raw = readRaw(file);
  if (raw === null) return { default: null, keys: new Map() };
  const content = parseJson(file, raw);
  const path: string[] = [];
  if (!RegistryFile(content, path)) throw damaged(file, `${path.join('.') || 'the whole'} is not as expected`);
  return { default: content.default, keys: new Map(content.keys.map((entry) => [entry.name, entry])) };
}

/** A change under the registry's lock. */
export interface RegistryChange {
  readonly registry: Registry;
  /** Writes the registry as it now is, in one step; may be called several times within one change. */
  save(): void;
}

/**
 * Runs `work` with the registry as the only process that may change it. Nothing is written unless `work` calls `save`.
 * Keep network calls out of it: every other change waits meanwhile.
 */
export async function changeRegistry<T>(ctx: Context, work: (change: RegistryChange) => Promise<T> | T): Promise<T> {
  const file = ctx.paths.registryFile;
  const onWait = (pid: number) => ctx.ui.note(`waiting for another claude-keys (process ${pid}) to finish`);
  return withLock(
    file,
    () => {
      const registry = readRegistry(ctx);
      return work({ registry, save: () => replaceFile(file, serialize(registry)) });
    },
    { onWait },
  );
}

/** The keys that have a secret to give, in the order of their names. */
export function listKeys(registry: Registry): KeyEntry[] {
  return sorted(registry).filter(isThere);
}

function sorted(registry: Registry): KeyEntry[] {
  return [...registry.keys.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Checked on the way out too: what cannot be read again is never written. Equal registries are equal files. */
function serialize(registry: Registry): string {
  const content = { version: 1, default: registry.default, keys: sorted(registry) };
  const path: string[] = [];
  if (!RegistryFile(content, path)) throw new Error(`not a registry: ${path.join('.')}`);
  return `${JSON.stringify(content, inOrder, 2)}\n`;
}

const FIRST = ['version', 'default', 'name', 'operation'];

/** The fields of every object in one order, however it came about: what names it first, the others by the alphabet. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const rank = (field: string) => (FIRST.includes(field) ? String(FIRST.indexOf(field)) : field);
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (rank(a) < rank(b) ? -1 : 1)));
}

function readRaw(file: string): string | null {
  try {
    return readIfThere(file)?.toString('utf8') ?? null;
  } catch (error) {
    throw damaged(file, 'it cannot be read', error);
  }
}

function parseJson(file: string, raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch (error) {
    throw damaged(file, 'it is not JSON', error);
  }
}

function damaged(file: string, why: string, cause?: unknown): UserError {
  return new UserError('registry_damaged', `the registry ${file} is damaged: ${why}`, {
    hint: 'restore it from a backup, or move it away and add the keys again; the secrets themselves are still in their store',
    cause,
  });
}
