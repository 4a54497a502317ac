import { UserError } from '../../errors.ts';
import { identify } from '../../keys/identify.ts';
import type { Secret } from '../../keys/secret.ts';
import { type Slot, type SlotName, slotIn } from '../../keys/slot.ts';
import type { Address } from '../address.ts';
import { documentWith, secretIn } from '../managed/document.ts';
import { conflict, refusedAccess, refuseTooLong } from '../managed/problems.ts';
import type { SecretStore } from '../store.ts';
import { type Accessed, type Described, firstOf, type GoogleSecret } from './client.ts';

/** The alias of the version that is being rotated out. */
const PREVIOUS = 'claude-keys-previous';
const NOTES = { fingerprint: 'claude-keys-fingerprint', redacted: 'claude-keys-redacted' } as const;
const TRIES = 8;
/** A secret that is rotated keeps few versions that can be read. */
const MOST_VERSIONS = 20;

/**
 * A secret of Google Secret Manager. `latest`, which every program reads, is whatever version was added last, so a
 * version is added when its key is to be used and not before: until then a secret beside this one has it. The one
 * before has an alias, and is disabled in the end, not destroyed.
 */
export class GoogleStore implements SecretStore {
  readonly kind = 'gcp-sm';
  readonly #secret: GoogleSecret;
  readonly #waiting: (slot: Slot) => GoogleSecret;
  readonly #address: Address;

  /** @param waiting the secret beside this one for a key that is not in use yet */
  constructor(secret: GoogleSecret, waiting: (slot: Slot) => GoogleSecret, address: Address) {
    this.#secret = secret;
    this.#waiting = waiting;
    this.#address = address;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    switch (slotIn(slot)) {
      case 'current':
        return this.#keyOf(await this.#secret.access('latest'));
      case 'previous':
        return this.#keyOf(await this.#secret.access(PREVIOUS));
      default:
        return this.#keyOf(await firstOf(this.#waiting(slotIn(slot))));
    }
  }

  set(slot: SlotName, secret: Secret): Promise<void> {
    switch (slotIn(slot)) {
      case 'current':
        return this.#setCurrent(secret);
      case 'previous':
        return this.#setPrevious(secret);
      default:
        return this.#setWaiting(this.#waiting(slotIn(slot)), secret);
    }
  }

  delete(slot: SlotName): Promise<boolean> {
    switch (slotIn(slot)) {
      case 'current':
        return this.#deleteCurrent();
      case 'previous':
        return this.#deletePrevious();
      default:
        return this.#deleteWaiting(this.#waiting(slotIn(slot)));
    }
  }

  changedAt(): Promise<string | null> {
    return this.#secret.addedAt();
  }

  async whyMissing(): Promise<UserError | null> {
    const { uri } = this.#address;
    if ((await this.#secret.describe()) === null)
      return refusedAccess(uri, 'there is no such secret', CHECK, undefined);
    return refusedAccess(uri, 'it has no version, or its latest one is disabled or destroyed', ENABLE, undefined);
  }

  async #setCurrent(secret: Secret): Promise<void> {
    const latest = await this.#secret.access('latest');
    if (!this.#holds(latest, secret)) await this.#add(this.#secret, latest?.text ?? null, secret);
    await this.#note(secret).catch((error: unknown) => {
      // What is noted is for people: who may not note it may rotate all the same.
      if (!(error instanceof UserError)) throw error;
    });
  }

  async #add(to: GoogleSecret, before: string | null, secret: Secret): Promise<number> {
    const text = documentWith(before, this.#address, secret) ?? '';
    refuseTooLong(text, this.#address.uri);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const version = await to.add(text);
      if (version !== null) return version;
      await to.create();
    }
    throw conflict(this.#address.uri, 'it is deleted as soon as it is made');
  }

  /** Of two that are staged at once, the one that was first stays. */
  async #setWaiting(waiting: GoogleSecret, secret: Secret): Promise<void> {
    const there = await firstOf(waiting);
    if (this.#holds(there, secret)) return;
    if (there !== null) throw this.#othersPending(there);
    const own = await this.#add(waiting, null, secret);
    const first = await firstOf(waiting);
    if (first?.version === own) return;
    await waiting.destroy(own);
    throw this.#othersPending(first);
  }

  async #setPrevious(secret: Secret): Promise<void> {
    const version = (await this.#versionOf(secret)) ?? (await this.#addBehind(secret));
    await this.#update((seen) =>
      seen.aliases[PREVIOUS] === version ? null : { aliases: { ...seen.aliases, [PREVIOUS]: version } },
    );
  }

  async #versionOf(secret: Secret): Promise<number | null> {
    const latest = await this.#secret.access('latest');
    if (latest !== null && this.#holds(latest, secret)) return latest.version;
    for (const version of (await this.#secret.enabled()).slice(0, MOST_VERSIONS)) {
      if (this.#holds(await this.#secret.access(version), secret)) return version;
    }
    return null;
  }

  /** What was rotated out has always been a version here; for one that was not, the current one is made the latest again. */
  async #addBehind(secret: Secret): Promise<number> {
    const latest = await this.#secret.access('latest');
    const version = await this.#add(this.#secret, latest?.text ?? null, secret);
    if (latest !== null) await this.#secret.add(latest.text);
    return version;
  }

  async #deleteCurrent(): Promise<boolean> {
    const latest = await this.#secret.access('latest');
    if (latest === null || this.#keyOf(latest) === null) return false;
    const rest = this.#address.field === null ? null : documentWith(latest.text, this.#address, null);
    if (rest === null) await this.#secret.disable(latest.version);
    else await this.#secret.add(rest);
    return true;
  }

  async #deleteWaiting(waiting: GoogleSecret): Promise<boolean> {
    const there = (await firstOf(waiting)) !== null;
    return (await waiting.remove()) && there;
  }

  async #deletePrevious(): Promise<boolean> {
    const seen = await this.#secret.describe();
    const version = seen?.aliases[PREVIOUS];
    if (version === undefined) return false;
    const latest = await this.#secret.access('latest');
    if (latest?.version !== version) await this.#secret.disable(version);
    await this.#update(({ aliases: { [PREVIOUS]: _, ...aliases } }) => ({ aliases }));
    return true;
  }

  #note(secret: Secret): Promise<void> {
    const { fingerprint, redacted } = identify(secret);
    const notes = { [NOTES.fingerprint]: fingerprint, [NOTES.redacted]: redacted };
    return this.#update(({ annotations }) =>
      annotations[NOTES.fingerprint] === fingerprint ? null : { annotations: { ...annotations, ...notes } },
    );
  }

  /** @param change null when there is nothing to change */
  async #update(change: (seen: Described) => Partial<Omit<Described, 'etag'>> | null): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const seen = await this.#secret.describe();
      const wanted = seen === null ? null : change(seen);
      if (seen === null || wanted === null || (await this.#secret.annotate(seen, wanted))) return;
    }
    throw conflict(this.#address.uri, 'others change it all the time');
  }

  /** The pending key stands alone, without the fields of others. */
  #keyOf(accessed: Accessed | null): Secret | null {
    return accessed === null ? null : secretIn(accessed.text, this.#address);
  }

  #holds(accessed: Accessed | null, secret: Secret): boolean {
    return this.#keyOf(accessed)?.equals(secret) ?? false;
  }

  #othersPending(accessed: Accessed | null): UserError {
    const key = this.#keyOf(accessed);
    const name = key === null ? 'a new secret' : `a new secret (${identify(key).redacted})`;
    return conflict(this.#address.uri, `${name} is already staged there`);
  }
}

const CHECK = 'are the project and the name right?';
const ENABLE = 'look with: gcloud secrets versions list; enable one, or add one';
