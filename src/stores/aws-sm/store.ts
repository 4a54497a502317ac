import type { UserError } from '../../errors.ts';
import { identify } from '../../keys/identify.ts';
import type { Secret } from '../../keys/secret.ts';
import { type Slot, type SlotName, slotIn } from '../../keys/slot.ts';
import type { Address } from '../address.ts';
import { differInKeyOnly, documentWith, secretIn } from '../managed/document.ts';
import { conflict, refuseTooLong } from '../managed/problems.ts';
import type { SecretStore } from '../store.ts';
import type { AwsSecret, Held, Stage } from './client.ts';
import { noSuchSecret, scheduledForDeletion } from './failures.ts';

/** Those of AWS for what AWS knows; a key that waits for its turn has a label of our own. */
function stageOf(slot: Slot): Stage {
  if (slot === 'current') return 'AWSCURRENT';
  if (slot === 'pending') return 'AWSPENDING';
  return slot === 'previous' ? 'AWSPREVIOUS' : `CLAUDE-KEYS-STANDBY-${slot.replace('standby-', '')}`;
}

/** Writers at the same time get in each other's way a few times at most. */
const TRIES = 8;

/**
 * A secret of AWS Secrets Manager. The slots are the staging labels of its versions, so that the secret is promoted by
 * moving `AWSCURRENT` from one version to the other, one step for every reader, and AWS itself keeps `AWSPREVIOUS`.
 */
export class AwsStore implements SecretStore {
  readonly kind = 'aws-sm';
  readonly #secret: AwsSecret;
  readonly #address: Address;

  constructor(secret: AwsSecret, address: Address) {
    this.#secret = secret;
    this.#address = address;
  }

  async get(slot: SlotName): Promise<Secret | null> {
    const stage = stageOf(slotIn(slot));
    const held = await this.#secret.value(stage);
    // AWS's own rotation leaves the label on the version that it has promoted.
    if (held === null || (stage === 'AWSPENDING' && held.stages.includes('AWSCURRENT'))) return null;
    return this.#keyOf(held);
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) if (await this.#trySet(slotIn(slot), secret)) return;
    throw conflict(this.#address.uri, 'others write to it all the time');
  }

  async delete(slot: SlotName): Promise<boolean> {
    if (slotIn(slot) === 'current') return this.#deleteCurrent();
    const stage = stageOf(slotIn(slot));
    const found = Object.entries((await this.#secret.describe())?.stages ?? {}).find(([, stages]) =>
      stages.includes(stage),
    );
    if (found === undefined) return false;
    const [version, stages] = found;
    if (!(await this.#secret.move(stage, version, null))) throw this.#moved(stage);
    return !(stage === 'AWSPENDING' && stages.includes('AWSCURRENT'));
  }

  async changedAt(): Promise<string | null> {
    return (await this.#secret.value('AWSCURRENT'))?.createdAt ?? null;
  }

  async whyMissing(): Promise<UserError | null> {
    const { uri, scope, path } = this.#address;
    const described = await this.#secret.describe();
    if (described === null) return noSuchSecret(uri);
    return described.isDeleted ? scheduledForDeletion(uri, scope, path) : null;
  }

  /** False when someone else wrote in between: then the same again is right. */
  async #trySet(slot: Slot, secret: Secret): Promise<boolean> {
    const current = await this.#secret.value('AWSCURRENT');
    if (current === null) await this.#refuseDeleted();
    const [pending, previous] = [await this.#secret.value('AWSPENDING'), await this.#secret.value('AWSPREVIOUS')];
    const stage = stageOf(slot);
    const held = [current, pending, previous];
    const own = held.find((each) => each?.stages.includes(stage)) ?? (await this.#secret.value(stage));
    if (this.#holds(own, secret)) return true;
    if (slot === 'pending') this.#refuseOthersPending(current, pending);
    const text = documentWith(current?.text ?? null, this.#address, secret) ?? '';
    refuseTooLong(text, this.#address.uri);
    const there = held.find((each) => this.#holds(each, secret));
    if (there !== undefined && there !== null && this.#isUpToDate(there, current)) {
      const from = own?.versionId ?? null;
      if (!(await this.#secret.move(stage, from, there.versionId))) throw this.#moved(stage);
    } else if (!(await this.#secret.put(text, stage)) && !(await this.#secret.create(text))) return false;
    // AWS gives the first version the label AWSCURRENT, whatever was asked for: now there is one to move labels on.
    else if (current === null && slot !== 'current') return false;
    if (slot === 'pending') await this.#readBack(secret);
    if (slot === 'current') await this.#note(secret);
    return true;
  }

  /** Where a key shares its secret with others, they may have changed since that version was made. */
  #isUpToDate(held: Held, current: Held | null): boolean {
    return current === null || differInKeyOnly(held.text, current.text, this.#address);
  }

  /** Nothing can be put there, and nobody should find out by trying. */
  async #refuseDeleted(): Promise<void> {
    const { uri, scope, path } = this.#address;
    if ((await this.#secret.describe())?.isDeleted) throw scheduledForDeletion(uri, scope, path);
  }

  #refuseOthersPending(current: Held | null, pending: Held | null): void {
    if (pending === null || pending.versionId === current?.versionId) return;
    throw conflict(this.#address.uri, `a new secret (${this.#name(pending)}) is already staged there as AWSPENDING`);
  }

  /** Of two that are staged at once, the label stays on one. */
  async #readBack(secret: Secret): Promise<void> {
    const pending = await this.#secret.value('AWSPENDING');
    if (!this.#holds(pending, secret)) throw this.#moved('AWSPENDING');
  }

  async #deleteCurrent(): Promise<boolean> {
    const held = await this.#secret.value('AWSCURRENT');
    if (held === null || this.#keyOf(held) === null) return false;
    const rest = documentWith(this.#address.field === null ? null : held.text, this.#address, null);
    if (rest === null) await this.#secret.remove();
    else await this.#secret.put(rest, 'AWSCURRENT');
    return true;
  }

  async #note(secret: Secret): Promise<void> {
    const { fingerprint, redacted } = identify(secret);
    await this.#secret.tag({ 'claude-keys:fingerprint': fingerprint, 'claude-keys:redacted': redacted });
  }

  #keyOf({ text }: Held): Secret | null {
    return secretIn(text, this.#address);
  }

  #holds(held: Held | null, secret: Secret): boolean {
    return held !== null && (this.#keyOf(held)?.equals(secret) ?? false);
  }

  #name(held: Held): string {
    const key = this.#keyOf(held);
    return key === null ? 'something else' : identify(key).redacted;
  }

  #moved(stage: Stage): UserError {
    return conflict(this.#address.uri, `${stage} was moved by someone else meanwhile`);
  }
}
