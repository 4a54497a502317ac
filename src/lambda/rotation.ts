import { UserError } from '../errors.ts';
import { identify } from '../keys/identify.ts';
import type { Secret } from '../keys/secret.ts';
import type { Address } from '../stores/address.ts';
import type { AwsSecret, Stage } from '../stores/aws-sm/client.ts';
import { documentWith, secretIn } from '../stores/managed/document.ts';

const STANDBY = /^CLAUDE-KEYS-STANDBY-(\d+)$/;

/** The part of a scheduled rotation that happens in the secret. Every step may be called again. */
export class ScheduledRotation {
  readonly #secret: AwsSecret;
  readonly #address: Address;
  readonly #token: string;

  /** @param token the id of the version that is to become the current one */
  constructor(secret: AwsSecret, address: Address, token: string) {
    this.#secret = secret;
    this.#address = address;
    this.#token = token;
  }

  /** Gives the pending version the next standby. @throws {UserError} `secret_missing` when there is none. */
  async create(): Promise<void> {
    if ((await this.#secret.version(this.#token)) !== null) return;
    const current = await this.#secret.value('AWSCURRENT');
    const [stage] = await this.#standbys();
    const standby = stage === undefined ? null : await this.#keyAt(stage);
    if (standby === null) {
      throw new UserError('secret_missing', `${this.#address.path} has no standby to rotate to`, {
        hint: 'add one: claude-keys standby add NAME',
      });
    }
    const text = documentWith(current?.text ?? null, this.#address, standby) ?? '';
    await this.#secret.put(text, 'AWSPENDING', this.#token);
  }

  /** @throws {UserError} `secret_missing` before the step that creates it. */
  async pending(): Promise<Secret> {
    const held = await this.#secret.version(this.#token);
    const secret = held === null ? null : secretIn(held.text, this.#address);
    if (secret !== null) return secret;
    throw new UserError('secret_missing', `${this.#address.path} has no pending version ${this.#token}`);
  }

  /**
   * Makes the pending version the current one.
   * @returns the key before the one that was replaced: nobody uses it any more; null when there is none
   */
  async finish(): Promise<Secret | null> {
    const fresh = await this.pending();
    const current = await this.#secret.value('AWSCURRENT');
    if (current?.versionId === this.#token) return null;
    const over = await this.#keyAt('AWSPREVIOUS');
    const replaced = current === null ? null : secretIn(current.text, this.#address);
    if (!(await this.#secret.move('AWSCURRENT', current?.versionId ?? null, this.#token))) {
      throw new UserError('conflict', `${this.#address.path}: AWSCURRENT was moved by someone else meanwhile`);
    }
    await this.#takeOut(fresh);
    const { fingerprint, redacted } = identify(fresh);
    await this.#secret.tag({ 'claude-keys:fingerprint': fingerprint, 'claude-keys:redacted': redacted });
    const inUse = over === null || over.equals(fresh) || (replaced?.equals(over) ?? false);
    return inUse ? null : over;
  }

  /** A standby that is in use waits no longer. */
  async #takeOut(secret: Secret): Promise<void> {
    for (const stage of await this.#standbys()) {
      const held = await this.#secret.value(stage);
      if (held === null || !secretIn(held.text, this.#address)?.equals(secret)) continue;
      await this.#secret.move(stage, held.versionId, null);
    }
  }

  async #standbys(): Promise<Stage[]> {
    const described = await this.#secret.describe();
    const numbers = Object.values(described?.stages ?? {})
      .flat()
      .flatMap((label) => STANDBY.exec(label)?.[1] ?? []);
    return numbers.sort((a, b) => Number(a) - Number(b)).map((number) => `CLAUDE-KEYS-STANDBY-${number}` as const);
  }

  async #keyAt(stage: Stage): Promise<Secret | null> {
    const held = await this.#secret.value(stage);
    return held === null ? null : secretIn(held.text, this.#address);
  }
}
