import type { Context } from '../../context.ts';
import { withLock } from '../../files/lock.ts';
import { replaceFile } from '../../files/replace.ts';
import { Secret } from '../../keys/secret.ts';
import type { SlotName } from '../../keys/slot.ts';
import type { SecretStore } from '../store.ts';
import { DamagedAge } from './age-header.ts';
import { readAge } from './age-reader.ts';
import { formatSecrets, parseSecrets, type Secrets } from './content.ts';
import { createIdentity, type Identities, isSealed, narrowMode, parseIdentities, unseal } from './identity.ts';
import { passphraseFromEnvironment } from './passphrase.ts';
import { damagedSecrets, foreignSecrets, missingIdentity, readStored } from './problems.ts';

/**
 * Secrets in one file, `keys.age`, encrypted with age to the identity in `identity.txt` beside it, for machines
 * without a keychain. `age -d -i identity.txt keys.age` opens it too, in case this program is gone.
 *
 * Without a passphrase this protects a backup or a file that is shared by mistake, as long as the two files do not go
 * together; it does not protect against a program that runs as the same user.
 *
 * Readers take no lock: both files are only ever replaced whole.
 */
export class FileStore implements SecretStore {
  readonly kind = 'file';
  readonly #ctx: Context;
  /** The sealed identity file that was opened last, with what was in it: one question and one scrypt a run. */
  #unsealed: { readonly content: Buffer; readonly identities: Promise<Identities> } | null = null;
  #warned = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    const file = readStored(this.#ctx.paths.secretsFile);
    if (file === null) return null;
    const value = this.#decrypt(file, await this.#existingIdentities()).get(slot);
    return value === undefined ? null : new Secret(value);
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    this.#warnUnprotected();
    await this.#change((secrets) => {
      secrets.set(slot, secret.reveal());
      return true;
    });
  }

  async delete(slot: SlotName): Promise<boolean> {
    // What is not there needs no lock, and no folder that can be written.
    if ((await this.get(slot)) === null) return false;
    return this.#change((secrets) => secrets.delete(slot));
  }

  /** Reads, changes and writes under the lock; writes nothing and answers false when `change` does. */
  async #change(change: (secrets: Secrets) => boolean): Promise<boolean> {
    const { secretsFile, identityFile } = this.#ctx.paths;
    // What takes long (a person at a prompt, scrypt, loading) is done before the lock, which then finds it done.
    const [{ encryptFor }] = await Promise.all([import('./age.ts'), this.#identities()]);
    const onWait = (pid: number) => this.#ctx.ui.note(`waiting for another claude-keys (process ${pid}) to finish`);
    return withLock(
      secretsFile,
      async () => {
        const file = readStored(secretsFile);
        const identities = file === null ? await this.#identities() : await this.#existingIdentities();
        const secrets = file === null || identities === null ? new Map() : this.#decrypt(file, identities);
        if (!change(secrets)) return false;
        const [identity] = identities ?? [await createIdentity(this.#ctx)];
        narrowMode(identityFile);
        replaceFile(secretsFile, await encryptFor(identity, formatSecrets(secrets)));
        return true;
      },
      { onWait },
    );
  }

  /** @throws {UserError} `store_damaged` when there is no identity file: there is something it must open. */
  async #existingIdentities(): Promise<Identities> {
    const identities = await this.#identities();
    if (identities !== null) return identities;
    throw missingIdentity(this.#ctx.paths.secretsFile, this.#ctx.paths.identityFile);
  }

  async #identities(): Promise<Identities | null> {
    const content = readStored(this.#ctx.paths.identityFile);
    if (content === null) return null;
    if (!isSealed(content)) return parseIdentities(this.#ctx, content.toString('utf8'));
    if (this.#unsealed?.content.equals(content)) return this.#unsealed.identities;
    const identities = unseal(this.#ctx, content);
    const unsealed = { content, identities };
    this.#unsealed = unsealed;
    // A mistyped passphrase is asked for again.
    identities.catch(() => {
      if (this.#unsealed === unsealed) this.#unsealed = null;
    });
    return identities;
  }

  /** A passphrase protects an identity that is made with it; one that was there before stays as it is. */
  #warnUnprotected(): void {
    if (this.#warned) return;
    this.#warned = true;
    const { identityFile } = this.#ctx.paths;
    const content = readStored(identityFile);
    if (content === null || isSealed(content) || passphraseFromEnvironment(this.#ctx) === null) return;
    this.#ctx.ui.warn(
      `${identityFile} is not protected by the passphrase: it was made without one`,
      'protect it, in its folder: age -p -o identity.new identity.txt && mv identity.new identity.txt',
    );
  }

  #decrypt(file: Buffer, identities: Identities): Secrets {
    const { secretsFile, identityFile } = this.#ctx.paths;
    let content: Buffer | null;
    try {
      content = readAge(file, identities);
    } catch (error) {
      if (error instanceof DamagedAge) throw damagedSecrets(secretsFile, error.message);
      throw error;
    }
    if (content === null) throw foreignSecrets(secretsFile, identityFile);
    const secrets = parseSecrets(content);
    if (secrets === null) throw damagedSecrets(secretsFile, 'what it holds is not a list of secrets');
    return secrets;
  }
}
