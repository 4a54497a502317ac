import { UserError } from '../../errors.ts';
import { identify } from '../../keys/identify.ts';
import type { Secret } from '../../keys/secret.ts';
import { type SlotName, slotIn } from '../../keys/slot.ts';
import type { Address } from '../address.ts';
import { documentWith, fieldsOf, secretIn } from '../managed/document.ts';
import { conflict, refusedAccess } from '../managed/problems.ts';
import type { SecretStore } from '../store.ts';
import { fieldIn } from './field.ts';
import type { Fields, KvSecret, Nothing } from './kv.ts';

/** The custom metadata of a secret that is rotated: which version has the key before. */
const PREVIOUS = 'claude-keys-previous-version';
const FINGERPRINT = 'claude-keys-fingerprint';
const REDACTED = 'claude-keys-redacted';
const TRIES = 10;
/** The versions that Vault keeps where nothing else is set. */
const MOST_VERSIONS = 10;

type Read = Fields | Nothing;

/**
 * A secret of Vault's key/value engine. Readers take the latest version, so the pending key is a field beside the
 * current one until it is promoted: one write with check-and-set, from the old key to the new. The key before is in an
 * older version, whose number the custom metadata has. Version 1 of the engine has neither; there it is a third field.
 */
export class VaultStore implements SecretStore {
  readonly kind = 'vault';
  readonly #secret: KvSecret;
  readonly #address: Address;

  constructor(secret: KvSecret, address: Address) {
    this.#secret = secret;
    this.#address = address;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    const read = await this.#secret.read();
    const which = slotIn(slot);
    if (which !== 'previous') return this.#in(read, which === 'current' ? '' : `@${which}`);
    const beside = this.#in(read, '@previous');
    const version = beside === null ? await this.#previousVersion() : null;
    return version === null ? beside : this.#in(await this.#secret.read(version), '');
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    const which = slotIn(slot);
    if (which === 'previous' && (await this.#pointToVersionOf(secret))) return;
    await this.#change((read) => {
      if (which === 'current') return this.#promoted(read, secret);
      if (which === 'pending') this.#refuseOthersPending(read, secret);
      return this.#with(read.text, `@${which}`, secret);
    });
    if (which === 'current') await this.#note(secret).catch(forPeopleOnly);
  }

  async delete(slot: SlotName): Promise<boolean> {
    const which = slotIn(slot);
    const byVersion = which === 'previous' && (await this.#deletePreviousVersions());
    return (await this.#deleteField(which === 'current' ? '' : `@${which}`)) || byVersion;
  }

  async changedAt(): Promise<string | null> {
    const read = await this.#secret.read();
    return read.text === null ? null : read.createdAt;
  }

  async whyMissing(): Promise<UserError | null> {
    const { text, version } = await this.#secret.read();
    const { uri } = this.#address;
    if (text !== null)
      return refusedAccess(uri, `it has no field ${fieldIn(text, this.#address)}`, NAME_FIELD, undefined);
    if (version === 0)
      return refusedAccess(uri, 'there is no such secret', 'are the mount and the path right?', undefined);
    return refusedAccess(uri, `its latest version, ${version}, is deleted or destroyed`, UNDELETE, undefined);
  }

  /** Writes what `change` makes of what is there, again from the start when someone else wrote in between. */
  async #change(change: (read: Read) => string | null): Promise<Read> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const read = await this.#secret.read();
      const text = change(read);
      if (text === null || text === read.text || (await this.#secret.write(text, read.version))) return read;
    }
    throw conflict(this.#address.uri, 'others write to it all the time');
  }

  /** The key that comes into use is no longer pending from the same version on. */
  #promoted(read: Read, secret: Secret): string | null {
    const isPending = this.#in(read, '@pending')?.equals(secret) ?? false;
    const text = isPending ? this.#with(read.text, '@pending', null) : read.text;
    return this.#with(text, '', secret);
  }

  #refuseOthersPending(read: Read, secret: Secret): void {
    const pending = this.#in(read, '@pending');
    if (pending === null || pending.equals(secret)) return;
    throw conflict(this.#address.uri, `a new secret (${identify(pending).redacted}) is already staged there`);
  }

  async #deleteField(suffix: string): Promise<boolean> {
    let rest: string | null = null;
    const before = await this.#change((read) => {
      if (this.#in(read, suffix) === null) return null;
      rest = this.#with(read.text, suffix, null);
      return rest;
    });
    if (this.#in(before, suffix) === null) return false;
    if (rest === null) await this.#secret.remove();
    // An older version would keep the key where nobody looks for it.
    else if (suffix !== '' && suffix !== '@previous' && this.#isOursAlone(before))
      await this.#secret.removeVersions([before.version]);
    return true;
  }

  /** Notes which version has this key; false when none has, or there are no versions. */
  async #pointToVersionOf(secret: Secret): Promise<boolean> {
    if (!this.#secret.hasVersions) return false;
    const latest = await this.#secret.read();
    for (let version = latest.version; version > Math.max(0, latest.version - MOST_VERSIONS); version -= 1) {
      const read = version === latest.version ? latest : await this.#secret.read(version);
      if (!(this.#in(read, '')?.equals(secret) ?? false)) continue;
      const notes = await this.#secret.notes();
      if (notes[PREVIOUS] !== String(version)) await this.#secret.annotate({ ...notes, [PREVIOUS]: String(version) });
      return true;
    }
    return false;
  }

  async #previousVersion(): Promise<number | null> {
    const { [PREVIOUS]: version } = await this.#secret.notes();
    return version !== undefined && /^\d{1,15}$/.test(version) ? Number(version) : null;
  }

  /** Deletes the versions with the key before, so far as nothing else is in them; they can be brought back. */
  async #deletePreviousVersions(): Promise<boolean> {
    const pointed = await this.#previousVersion();
    if (pointed === null) return false;
    const latest = await this.#secret.read();
    const old = await this.#secret.read(pointed);
    const key = this.#in(old, '');
    const versions: number[] = [];
    for (let version = pointed; key !== null && version > Math.max(0, pointed - MOST_VERSIONS); version -= 1) {
      const read = version === pointed ? old : await this.#secret.read(version);
      if (!(this.#in(read, '')?.equals(key) ?? false)) break;
      if (version !== latest.version && this.#isOursAlone(read)) versions.push(version);
    }
    await this.#secret.removeVersions(versions);
    const { [PREVIOUS]: _, ...notes } = await this.#secret.notes();
    await this.#secret.annotate(notes);
    return key !== null;
  }

  async #note(secret: Secret): Promise<void> {
    const { fingerprint, redacted } = identify(secret);
    const notes = await this.#secret.notes();
    if (notes[FINGERPRINT] === fingerprint) return;
    await this.#secret.annotate({ ...notes, [FINGERPRINT]: fingerprint, [REDACTED]: redacted });
  }

  #isOursAlone({ text }: Read): boolean {
    const field = fieldIn(text, this.#address);
    return Object.keys(fieldsOf(text ?? '{}') ?? {}).every((name) => name === field || name.startsWith(`${field}@`));
  }

  #in({ text }: Read, suffix: string): Secret | null {
    return text === null ? null : secretIn(text, this.#place(text, suffix));
  }

  #with(text: string | null, suffix: string, secret: Secret | null): string | null {
    return documentWith(text, this.#place(text, suffix), secret);
  }

  #place(text: string | null, suffix: string) {
    return { uri: this.#address.uri, field: `${fieldIn(text, this.#address)}${suffix}` };
  }
}

/** Who may not note it may rotate all the same. */
function forPeopleOnly(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

const NAME_FIELD = 'name the field with the key behind a # in the address';
const UNDELETE = 'bring it back: vault kv undelete, or store the key anew';
