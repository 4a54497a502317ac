import { stat } from 'node:fs/promises';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { isThere, type KeyKind } from '../keys/entry.ts';
import { handOut } from '../keys/hand-out.ts';
import { identify } from '../keys/identify.ts';
import { readRegistry } from '../keys/registry.ts';
import type { Secret } from '../keys/secret.ts';
import { pollEvery } from './poll.ts';
import { Refusal } from './refusal.ts';

/** A key as it is sent. */
export interface LiveKey {
  readonly name: string;
  readonly secret: Secret;
  readonly fingerprint: string;
  readonly kind: KeyKind;
}

const POLL_MS = 250;
/** A service that rejects a key which the store has no other one for is not asked about at each request. */
const REFRESH_MS = 1_000;

/** The keys behind the grants. They follow the store: a rotated key is the new one within a moment. */
export class LiveKeys {
  readonly #ctx: Context;
  readonly #known = new Map<string, Promise<LiveKey>>();
  readonly #refreshed = new Map<string, number>();
  readonly #refreshing = new Map<string, Promise<LiveKey>>();
  #version = '';
  readonly #stopLooking: () => void;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#stopLooking = pollEvery(POLL_MS, () => this.#look());
  }

  /**
   * The key of this name, from memory when it is there.
   * @throws {Refusal} 403 when there is no such key any more, 503 when its store does not give it.
   */
  current(name: string): Promise<LiveKey> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const reading = this.#read(name);
    this.#known.set(name, reading);
    reading.catch(() => this.#known.delete(name));
    return reading;
  }

  /** After the service has rejected a key: the one that the store has now, or null when that is the same one. */
  async refreshed(rejected: LiveKey): Promise<LiveKey | null> {
    const { name } = rejected;
    const known = await this.current(name);
    if (known.fingerprint !== rejected.fingerprint) return known;
    // The registry knows of a rotation as soon as it counts; what another program put into the store it does not know.
    const entry = readRegistry(this.#ctx).keys.get(name);
    const changed = entry !== undefined && entry.current.fingerprint !== rejected.fingerprint;
    const since = performance.now() - (this.#refreshed.get(name) ?? Number.NEGATIVE_INFINITY);
    if (!changed && since < REFRESH_MS && !this.#refreshing.has(name)) return null;
    const fresh = await this.#refresh(name);
    return fresh.fingerprint === rejected.fingerprint ? null : fresh;
  }

  close(): void {
    this.#stopLooking();
    this.#known.clear();
  }

  /** Once for all that ask at the same time. */
  #refresh(name: string): Promise<LiveKey> {
    const reading =
      this.#refreshing.get(name) ??
      this.#read(name).finally(() => {
        this.#refreshing.delete(name);
        this.#refreshed.set(name, performance.now());
      });
    this.#refreshing.set(name, reading);
    reading.then(
      () => this.#known.set(name, reading),
      () => {},
    );
    return reading;
  }

  async #read(name: string): Promise<LiveKey> {
    const entry = readRegistry(this.#ctx).keys.get(name);
    if (entry === undefined || !isThere(entry)) {
      throw new Refusal(403, 'permission_error', 'the key of this token is not stored any more');
    }
    try {
      const secret = await handOut(this.#ctx, entry, 'into the gateway');
      return { name, secret, kind: entry.kind, fingerprint: identify(secret).fingerprint };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#ctx.ui.warn(`the key ${name} cannot be read: ${error.message}`, error.hint);
      throw new Refusal(503, 'api_error', 'the gateway cannot read its key at the moment');
    }
  }

  /** Keys that the registry says are others by now are read anew, while requests go on with the ones they have. */
  async #look(): Promise<void> {
    const version = await this.#registryVersion();
    if (version === this.#version) return;
    const { keys } = readRegistry(this.#ctx);
    this.#version = version;
    for (const [name, reading] of this.#known) {
      const known = await reading.catch(() => null);
      const entry = keys.get(name);
      if (entry === undefined) this.#known.delete(name);
      else if (known?.fingerprint !== entry.current.fingerprint) await this.#refresh(name).catch(() => {});
    }
  }

  async #registryVersion(): Promise<string> {
    try {
      const { ino, mtimeNs, size } = await stat(this.#ctx.paths.registryFile, { bigint: true });
      return `${ino} ${mtimeNs} ${size}`;
    } catch {
      return 'none';
    }
  }
}
