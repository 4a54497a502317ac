import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAM, runProgram } from './program.ts';
import { makeKey } from './secrets.ts';

/** A home with the built program as `claude-keys` on its PATH, and keys in a file store. Remove it in `afterAll`. */
export interface Installed {
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The secrets by the names of their keys. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Puts a program of the test's own on the PATH, before those of the machine. */
  addProgram(name: string, script: string): void;
  remove(): void;
}

export async function install(...names: readonly string[]): Promise<Installed> {
  const home = mkdtempSync(join(tmpdir(), 'claude-keys-installed-'));
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const addProgram = (name: string, script: string) => {
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  };
  addProgram('claude-keys', `#!/bin/sh\nexec ${PROGRAM.map((word) => `'${word}'`).join(' ')} "$@"\n`);
  const env = {
    HOME: home,
    PATH: `${bin}:${process.env['PATH']}`,
    CLAUDE_KEYS_HOME: join(home, 'keys'),
    CLAUDE_KEYS_STORE: 'file',
    LC_ALL: 'C.UTF-8',
  };
  const secrets: Record<string, string> = {};
  for (const name of names) {
    const secret = makeKey();
    const { code, stderr } = await runProgram(['add', name, '--no-verify'], { env, input: secret });
    if (code !== 0) throw new Error(`add ${name}: ${stderr}`);
    secrets[name] = secret;
  }
  return {
    home,
    env,
    secrets,
    addProgram,
    remove: () => removeFolder(home),
  };
}

/** Something that a test has left behind may still write there: what Node's own `maxRetries` does not look for again. */
function removeFolder(folder: string, tries = 5): void {
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    if (tries === 1) throw error;
    removeFolder(folder, tries - 1);
  }
}
