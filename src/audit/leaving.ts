import type { Context } from '../context.ts';
import { identify } from '../keys/identify.ts';
import type { Secret } from '../keys/secret.ts';
import { type AuditEvent, audit, auditAtOnce } from './index.ts';

/** A secret that is about to leave, and what the log has of it so far. */
export class Leaving {
  readonly #ctx: Context;
  readonly #event: AuditEvent;
  #written = false;

  /** @param event with the fingerprint that the registry remembers */
  constructor(ctx: Context, event: AuditEvent) {
    this.#ctx = ctx;
    this.#event = event;
  }

  /** Writes the line while the store is still at work, if that can be done without waiting. */
  tellEarly(): void {
    this.#written = auditAtOnce(this.#ctx, this.#event);
  }

  /**
   * Sees to it that the log has a line of this very secret: in the middle of a rotation the store is ahead of the
   * registry, and another program may have changed it.
   */
  async tell(secret: Secret): Promise<void> {
    const { fingerprint } = identify(secret);
    if (this.#written && fingerprint === this.#event.fingerprint) return;
    await audit(this.#ctx, { ...this.#event, fingerprint });
  }

  /** A line of a secret that did not leave is followed by one that says so. */
  async takeBack(why: string): Promise<void> {
    if (this.#written) await audit(this.#ctx, { ...this.#event, detail: `was not handed out: ${why}` });
  }
}
