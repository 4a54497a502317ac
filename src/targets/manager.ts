import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { identify } from '../keys/identify.ts';
import type { Secret } from '../keys/secret.ts';
import { type Slot, slotOf } from '../keys/slot.ts';
import { storeAt } from '../stores/at.ts';
import type { ManagerUri, SecretStore } from '../stores/store.ts';
import type { Look, Target } from './target.ts';

/** A secrets manager as a target: the slots are the same as where it is a home. */
export async function open(ctx: Context, uri: ManagerUri): Promise<Target> {
  const { label, open: openStore } = storeAt(ctx, uri);
  return new ManagerTarget(label, uri, await openStore());
}

class ManagerTarget implements Target {
  readonly label: string;
  readonly #uri: string;
  readonly #store: SecretStore;

  constructor(label: string, uri: string, store: SecretStore) {
    this.label = label;
    this.#uri = uri;
    this.#store = store;
  }

  async look(): Promise<Look | null> {
    const secret = await this.read();
    return secret === null ? null : { ...identify(secret), since: await this.#since() };
  }

  /** Worth knowing, and not worth failing for. */
  async #since(): Promise<string | null> {
    try {
      return (await this.#store.changedAt?.()) ?? null;
    } catch (error) {
      if (error instanceof UserError) return null;
      throw error;
    }
  }

  read(): Promise<Secret | null> {
    return this.#store.get(slot('current'));
  }

  async publish(secret: Secret, overwrite: boolean): Promise<void> {
    if (overwrite) await this.#dropOthers(secret);
    const before = await this.read();
    if (before !== null && !before.equals(secret)) await this.#stage(before, secret);
    await this.#store.set(slot('current'), secret);
    await this.#readBack('current', secret);
    const pending = await this.#store.get(slot('pending'));
    if (pending?.equals(secret)) await this.#store.delete(slot('pending'));
  }

  async tidy(): Promise<void> {
    await this.#store.delete(slot('previous'));
  }

  async #dropOthers(secret: Secret): Promise<void> {
    const pending = await this.#store.get(slot('pending'));
    if (pending !== null && !pending.equals(secret)) await this.#store.delete(slot('pending'));
  }

  async #stage(before: Secret, secret: Secret): Promise<void> {
    await this.#store.set(slot('pending'), secret);
    await this.#readBack('pending', secret);
    await this.#store.set(slot('previous'), before);
  }

  async #readBack(which: Slot, secret: Secret): Promise<void> {
    const found = await this.#store.get(slot(which));
    if (found !== null && identify(found).fingerprint === identify(secret).fingerprint) return;
    throw new UserError('conflict', `${this.#uri} gives back another secret than was put there`, {
      hint: 'somebody else is at work on it; look with: claude-keys status --targets',
    });
  }
}

/** At an address, the name counts for nothing. */
function slot(which: Slot) {
  return slotOf('target', which);
}
