import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { systemCode, UserError } from '../errors.ts';
import { withLock } from '../files/lock.ts';
import { readIfThere, replaceFile } from '../files/replace.ts';
import { type Grant, GrantsFile } from './grant.ts';
import type { GrantStore } from './store.ts';

/** `grants.json`: nothing in it is secret, and whoever can write it can make a grant, so it is the owner's alone. */
export class FileGrants implements GrantStore {
  readonly label: string;
  readonly #ctx: Context;
  readonly #file: string;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#file = ctx.paths.grantsFile;
    this.label = this.#file;
  }

  /** @throws {UserError} `registry_damaged` when the file cannot be read or is not one of grants. */
  async list(): Promise<Grant[]> {
    return readGrants(this.#file);
  }

  change<T>(work: (grants: Grant[]) => { grants: Grant[]; result: T }): Promise<T> {
    const onWait = (pid: number) => this.#ctx.ui.note(`waiting for another claude-keys (process ${pid}) to finish`);
    return withLock(
      this.#file,
      () => {
        const { grants, result } = work(readGrants(this.#file));
        replaceFile(this.#file, serializeGrants(grants));
        return result;
      },
      { onWait },
    );
  }

  /** The file is always replaced by another one. */
  async version(): Promise<string> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#file, { bigint: true });
      return `${ino} ${mtimeNs} ${size}`;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'none';
      throw error;
    }
  }

  async close(): Promise<void> {}
}

/** Checked on the way out too: what cannot be read again is never written. */
export function serializeGrants(grants: readonly Grant[]): string {
  const content = { version: 1, grants };
  const path: string[] = [];
  if (!GrantsFile(content, path)) throw new Error(`not grants: ${path.join('.')}`);
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** @param where what the text was read from, for the error */
export function parseGrants(text: string, where: string): Grant[] {
  const path: string[] = [];
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw damaged(where, 'not JSON', cause);
  }
  if (!GrantsFile(content, path)) throw damaged(where, `${path.join('.') || 'the whole'} is not as expected`);
  return content.grants;
}

function readGrants(file: string): Grant[] {
  let raw: Buffer | null;
  try {
    raw = readIfThere(file);
  } catch (cause) {
    throw damaged(file, 'it cannot be read', cause);
  }
  return raw === null ? [] : parseGrants(raw.toString('utf8'), file);
}

function damaged(where: string, why: string, cause?: unknown): UserError {
  return new UserError('registry_damaged', `the grants in ${where} are damaged: ${why}`, {
    hint: 'restore them from a backup, or move them away and make the grants again',
    cause,
  });
}
