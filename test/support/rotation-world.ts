import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { KeyEntry, SecretRecord, Standby } from '../../src/keys/entry.ts';
import { identify } from '../../src/keys/identify.ts';
import { changeRegistry } from '../../src/keys/registry.ts';
import { Secret } from '../../src/keys/secret.ts';
import { slotOf } from '../../src/keys/slot.ts';
import { readAge } from '../../src/stores/file/age-reader.ts';
import { parseSecrets } from '../../src/stores/file/content.ts';
import { FileStore } from '../../src/stores/file/file-store.ts';
import { parseIdentities } from '../../src/stores/file/identity.ts';
import type { LocalStore } from '../../src/stores/store.ts';
import { TestMachine } from './host.ts';
import { type Keyring, startKeyring } from './keyring.ts';
import { type RunningStandin, startVaultStandin } from './managers/vault-standin.ts';
import { PROGRAM, type RunResult, run } from './program.ts';
import { makeAdminKey, makeKey } from './secrets.ts';
import { type ConsoleRow, DEFAULT_ORGANIZATION, type Standin, startStandin } from './standin/index.ts';

const KILLER = fileURLToPath(new URL('killer.cjs', import.meta.url));
const DAY_MS = 24 * 3_600_000;

/** The secrets of one key: in use, and on standby in the order of their turns. */
export interface Family {
  readonly name: string;
  readonly old: string;
  readonly standbys: readonly string[];
}

/**
 * The built program's home with keys whose rotation is due, each with two secrets on standby, and with the admin key
 * that switches them. Of those in the file store, a Vault is a target, and all can be put back as it was made as often
 * as a test wants.
 */
export class RotationWorld {
  readonly api: Standin;
  readonly families: readonly Family[];
  readonly home = mkdtempSync(join(tmpdir(), 'claude-keys-rotation-'));
  readonly #keyring: Keyring | null;
  readonly #vault: RunningStandin | null;
  readonly #admin = makeAdminKey();
  #rows: readonly ConsoleRow[] = [];

  private constructor(
    api: Standin,
    { keyring, vault }: { keyring: Keyring | null; vault: RunningStandin | null },
    names: readonly string[],
  ) {
    this.api = api;
    this.#keyring = keyring;
    this.#vault = vault;
    this.families = names.map((name) => ({ name, old: makeKey(), standbys: [makeKey(), makeKey()] }));
    api.addKey(this.#admin);
    for (const { old, standbys } of this.families) {
      api.addKey(old);
      for (const secret of standbys) api.addKey(secret, { state: 'inactive' });
    }
  }

  /** Within a test, with which it ends. */
  static async start(store: LocalStore, names: readonly string[]): Promise<RotationWorld> {
    const keyring = store === 'keychain' ? await startKeyring() : null;
    const vault = store === 'file' ? await startVaultStandin() : null;
    const world = new RotationWorld(await startStandin(), { keyring, vault }, names);
    onTestFinished(() => world.#stop());
    await (store === 'file' ? world.#fillFile() : world.#fillKeychain());
    world.#rows = world.api.console.rows;
    cpSync(world.#data, `${world.#data}.as-made`, { recursive: true });
    return world;
  }

  /** Without the program, which would be started hundreds of times. */
  async #fillFile(): Promise<void> {
    const ctx = this.context();
    const store = new FileStore(ctx);
    await store.set(slotOf('admin', 'current'), new Secret(this.#admin));
    for (const { name, old, standbys } of this.families) {
      await store.set(slotOf(name, 'current'), new Secret(old));
      for (const [at, secret] of standbys.entries()) {
        await store.set(slotOf(name, `standby-${at + 1}`), new Secret(secret));
      }
    }
    await this.#fillRegistry('file');
    this.#fillTargets();
  }

  #fillTargets(): void {
    for (const { name, old } of this.families) {
      const version = { data: { value: old }, createdAt: new Date(0).toISOString(), destroyed: false };
      this.#vault?.vault.secrets.set(name, { versions: [version], notes: {} });
    }
  }

  /** By the program, which finds the private keychain. */
  async #fillKeychain(): Promise<void> {
    for (const secret of this.families.flatMap(({ standbys }) => standbys))
      this.api.setKey(secret, { state: 'active' });
    await this.must(['add', 'admin', '--store', 'keychain'], { input: this.#admin });
    for (const { name, old, standbys } of this.families) {
      await this.must(['add', name, '--store', 'keychain'], { input: old });
      for (const input of standbys) await this.must(['standby', 'add', name], { input });
    }
    await this.#fillRegistry('keychain');
  }

  async #fillRegistry(store: LocalStore): Promise<void> {
    await changeRegistry(this.context(), ({ registry, save }) => {
      registry.keys.set('admin', this.#entry('admin', store, this.#admin, { kind: 'admin' }));
      for (const { name, old, standbys } of this.families) {
        const standby = standbys.map((secret, at): Standby => {
          return { ...this.#record(secret), consoleId: this.api.rowOf(secret).id, number: at + 1, state: 'ready' };
        });
        const { fingerprint, redacted, addedAt } = this.#record(old);
        const target = { uri: `vault://secret/${name}`, linkedAt: addedAt, fingerprint, redacted };
        const targets = this.#vault === null ? [] : [target];
        registry.keys.set(name, this.#entry(name, store, old, { rotateAfterDays: 30, standby, targets }));
      }
      save();
    });
  }

  #entry(name: string, store: LocalStore, secret: string, rest: Partial<KeyEntry>): KeyEntry {
    const current = this.#record(secret);
    return {
      ...{ name, kind: 'api', environment: null, store, note: null, addedAt: current.addedAt, expiresAt: null },
      ...{ rotateAfterDays: null, lastCheck: null, current, pending: null, previous: null, change: null },
      ...rest,
    };
  }

  #record(secret: string): SecretRecord {
    const addedAt = new Date(Date.now() - 40 * DAY_MS).toISOString();
    return { ...identify(new Secret(secret)), addedAt, organizationId: DEFAULT_ORGANIZATION };
  }

  /** Everything as it was made: the files, the rows of the Console and the targets. For the file store. */
  reset(): void {
    rmSync(this.#data, { recursive: true, force: true });
    cpSync(`${this.#data}.as-made`, this.#data, { recursive: true });
    for (const { id, status } of this.#rows) this.api.console.set(id, { status });
    this.#fillTargets();
  }

  run(args: readonly string[], options: { input?: string; env?: Record<string, string>; killer?: true } = {}) {
    const [node, script] = PROGRAM;
    const before = options.killer ? ['--require', KILLER] : [];
    const { input = '' } = options;
    const env = { ...this.env, ...options.env };
    return run(node, [...before, script, ...args], { cwd: this.home, env, input, timeoutMs: 240_000 });
  }

  get env(): Readonly<Record<string, string>> {
    const urls = { CLAUDE_KEYS_HOME: this.#data, ANTHROPIC_BASE_URL: this.api.url };
    return { HOME: this.home, ...this.#keyring?.env, ...this.#vault?.env, ...urls };
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

  /** As a command is given it; reads the files of the program's own home. */
  context() {
    return new TestMachine().context({ env: { CLAUDE_KEYS_HOME: this.#data } });
  }

  /** The registry's entry, as it is in the file. */
  entry(name: string) {
    const registry = JSON.parse(readFileSync(join(this.#data, 'registry.json'), 'utf8'));
    return registry.keys.find((entry: { name: string }) => entry.name === name);
  }

  /** The secret that the name gives. */
  async given(name: string): Promise<string> {
    if (this.#keyring === null) return this.stored().get(name) ?? '';
    return (await this.must(['print', name])).stdout.trimEnd();
  }

  /** What the target of a key holds: what its readers get, and what is beside it. Null where there is no target. */
  published(name: string): Readonly<Record<string, unknown>> | null {
    return this.#vault?.vault.secrets.get(name)?.versions.at(-1)?.data ?? null;
  }

  /** Every secret that is stored of a key, by slot. */
  async kept(name: string): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const slot of ['current', 'pending', 'previous', 'standby-1', 'standby-2'] as const) {
      const account = slotOf(name, slot);
      const secret = this.#keyring === null ? this.stored().get(account) : await this.#lookUp(account);
      if (secret) found[slot] = secret;
    }
    return found;
  }

  /** From outside, as any other program reads the keychain. */
  async #lookUp(account: string): Promise<string> {
    const { stdout } = await run('secret-tool', ['lookup', 'service', 'claude-keys', 'account', account], {
      env: this.env,
    });
    return stdout.trimEnd();
  }

  /** What is in the file store now, by slot name. A file that was not replaced since is not read again. */
  stored(): ReadonlyMap<string, string> {
    const { ino, mtimeMs } = statSync(join(this.#data, 'keys.age'));
    const version = `${ino} ${mtimeMs}`;
    if (this.#read?.version !== version) this.#read = { version, secrets: this.#decrypt() };
    return this.#read.secrets;
  }

  #read: { readonly version: string; readonly secrets: ReadonlyMap<string, string> } | null = null;

  #decrypt(): ReadonlyMap<string, string> {
    const identities = parseIdentities(this.#ctx, readFileSync(join(this.#data, 'identity.txt'), 'utf8'));
    const content = readAge(readFileSync(join(this.#data, 'keys.age')), identities);
    const secrets = content === null ? null : parseSecrets(content);
    if (secrets === null) throw new Error('the file store cannot be read');
    return secrets;
  }

  readonly #ctx = new TestMachine().context();

  /** Whether the service takes a secret now. */
  async works(secret: string): Promise<boolean> {
    const headers = { 'x-api-key': secret, 'anthropic-version': '2026-10-21' };
    return (await fetch(`${this.api.url}/v1/models`, { headers })).status === 200;
  }

  /** The same, without a call. */
  isActive(secret: string): boolean {
    return this.api.console.state(this.api.rowOf(secret).id) === 'active';
  }

  async #stop(): Promise<void> {
    await this.api.stop();
    await this.#keyring?.stop();
    await this.#vault?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  get #data(): string {
    return join(this.home, 'claude-keys');
  }
}
