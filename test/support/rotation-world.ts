import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { slotOf } from '../../src/keys/slot.ts';
import { FileStore } from '../../src/stores/file/file-store.ts';
import type { StoreKind } from '../../src/stores/store.ts';
import { TestMachine } from './host.ts';
import { type Keyring, startKeyring } from './keyring.ts';
import { PROGRAM, type RunResult, run } from './program.ts';
import { makeAdminKey, makeKey } from './secrets.ts';
import { type ConsoleRow, type Standin, startStandin } from './standin/index.ts';

export const KILLER = fileURLToPath(new URL('killer.cjs', import.meta.url));

/** The secrets of one key: in use, and on standby in the order of their turns. */
export interface Family {
  readonly name: string;
  readonly old: string;
  readonly standbys: readonly string[];
}

/**
 * Keys whose rotation is due, each with two secrets on standby, and the admin key that switches them: made once by the
 * built program, and put back as they were as often as a test wants.
 */
export class RotationWorld {
  readonly api: Standin;
  readonly families: readonly Family[];
  readonly home = mkdtempSync(join(tmpdir(), 'claude-keys-rotation-'));
  readonly #keyring: Keyring | null;
  readonly #store: StoreKind;
  #rows: readonly ConsoleRow[] = [];

  private constructor(api: Standin, keyring: Keyring | null, store: StoreKind, names: readonly string[]) {
    this.api = api;
    this.#keyring = keyring;
    this.#store = store;
    this.families = names.map((name) => ({ name, old: makeKey(), standbys: [makeKey(), makeKey()] }));
  }

  static async start(store: StoreKind, names: readonly string[], standbys = 2): Promise<RotationWorld> {
    const keyring = store === 'keychain' ? await startKeyring() : null;
    const world = new RotationWorld(await startStandin(), keyring, store, names);
    await world.#fill(standbys);
    return world;
  }

  async #fill(standbys: number): Promise<void> {
    const admin = makeAdminKey();
    this.api.addKey(admin);
    await this.must(['add', 'admin', '--store', this.#store], { input: admin });
    for (const { name, old, standbys: waiting } of this.families) {
      for (const secret of [old, ...waiting]) this.api.addKey(secret);
      await this.must(['add', name, '--store', this.#store, '--rotate-after', '30'], { input: old });
      for (const input of waiting.slice(0, standbys)) await this.must(['standby', 'add', name], { input });
    }
    this.makeDue(this.families.map(({ name }) => name));
    this.#rows = this.api.console.rows;
    cpSync(this.#data, `${this.#data}.as-made`, { recursive: true });
  }

  /** Lets the secrets be older than they may be. */
  makeDue(names: readonly string[]): void {
    const file = join(this.#data, 'registry.json');
    const registry = JSON.parse(readFileSync(file, 'utf8'));
    for (const entry of registry.keys) {
      if (names.includes(entry.name)) entry.current.addedAt = new Date(Date.now() - 40 * 24 * 3_600_000).toISOString();
    }
    writeFileSync(file, JSON.stringify(registry), { mode: 0o600 });
  }

  /** Everything as it was made: the files, and the rows of the Console. For the file store. */
  reset(): void {
    rmSync(this.#data, { recursive: true, force: true });
    cpSync(`${this.#data}.as-made`, this.#data, { recursive: true });
    for (const { id, status } of this.#rows) this.api.console.set(id, { status });
  }

  run(args: readonly string[], options: { input?: string; env?: Record<string, string>; killer?: true } = {}) {
    const [node, script] = PROGRAM;
    const before = options.killer ? ['--require', KILLER] : [];
    const env = {
      HOME: this.home,
      ...this.#keyring?.env,
      CLAUDE_KEYS_HOME: this.#data,
      ANTHROPIC_BASE_URL: this.api.url,
      ...options.env,
    };
    const { input = '' } = options;
    return run(node, [...before, script, ...args], { cwd: this.home, env, input, timeoutMs: 120_000 });
  }

  async must(args: readonly string[], options: { input?: string } = {}): Promise<RunResult> {
    const result = await this.run(args, options);
    if (result.code !== 0) throw new Error(`${args.join(' ')}: exit ${result.code}\n${result.stderr}`);
    return result;
  }

  async json(args: readonly string[]) {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    return { code, stderr, document: JSON.parse(stdout) };
  }

  /** The secret that the name gives. */
  async printed(name: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(['print', name]);
    if (code !== 0) throw new Error(`print ${name}: exit ${code}\n${stderr}`);
    return stdout.trimEnd();
  }

  /** As a command is given it; reads the files of the program's own home. */
  context() {
    return new TestMachine().context({ env: { CLAUDE_KEYS_HOME: this.#data } });
  }

  /** The registry's entry, as it is in the file. */
  entry(name: string) {
    const registry = JSON.parse(readFileSync(join(this.#data, 'registry.json'), 'utf8'));
    return registry.keys.find((entry: { name: string }) => entry.name === name);
  }

  /** What the file store has of a key, by slot. */
  async slots(name: string): Promise<Record<string, string>> {
    const store = new FileStore(this.context());
    const found: Record<string, string> = {};
    for (const slot of ['current', 'pending', 'previous', 'standby-1', 'standby-2'] as const) {
      const secret = await store.get(slotOf(name, slot));
      if (secret !== null) found[slot] = secret.reveal();
    }
    return found;
  }

  /** Whether the service takes a secret now. */
  async works(secret: string): Promise<boolean> {
    const headers = { 'x-api-key': secret, 'anthropic-version': '2026-10-21', 'x-checker': 'yes' };
    return (await fetch(`${this.api.url}/v1/models`, { headers })).status === 200;
  }

  async stop(): Promise<void> {
    await this.api.stop();
    await this.#keyring?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.home, 'claude-keys');
  }
}
