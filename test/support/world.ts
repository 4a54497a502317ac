import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoreKind } from '../../src/stores/store.ts';
import { type Keyring, type KeyringVariant, startKeyring } from './keyring.ts';
import { type RunOptions, type RunResult, runProgram } from './program.ts';
import { makeKey } from './secrets.ts';
import { type Standin, type StandinKey, type StandinOptions, startStandin } from './standin/index.ts';

export interface WorldOptions extends StandinOptions {
  readonly keyring?: KeyringVariant;
}

/**
 * Everything that the built program meets on a user's machine: a home of its own, a real keychain or none, and the
 * stand-in API. Start it in `beforeAll`, stop it in `afterAll`.
 */
export class World {
  readonly home: string;
  readonly api: Standin;
  readonly keyring: Keyring | null;
  readonly env: Readonly<Record<string, string>>;

  private constructor(home: string, api: Standin, keyring: Keyring | null) {
    this.home = home;
    this.api = api;
    this.keyring = keyring;
    this.env = {
      HOME: home,
      ...keyring?.env,
      CLAUDE_KEYS_HOME: join(home, 'claude-keys'),
      ANTHROPIC_BASE_URL: api.url,
    };
  }

  /** `keychain`: with a real gnome-keyring; `file`: on a machine without a session bus. */
  static async start(store: StoreKind, options: WorldOptions = {}): Promise<World> {
    const keyring = store === 'keychain' ? await startKeyring(options.keyring) : null;
    return new World(mkdtempSync(join(tmpdir(), 'claude-keys-world-')), await startStandin(options), keyring);
  }

  async stop(): Promise<void> {
    await this.api.stop();
    await this.keyring?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runProgram(args, { cwd: this.home, ...options, env: { ...this.env, ...options.env } });
  }

  /** A new key, made "in the Console": the stand-in knows it. */
  makeKey(key: Partial<StandinKey> = {}): string {
    const secret = makeKey();
    this.api.addKey(secret, key);
    return secret;
  }
}
