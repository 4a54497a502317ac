/** Tells a request that nobody waits for its answer. An AbortSignal does the same at ten times the price. */
export class Cancel {
  #cancelled = false;
  #listener: (() => void) | null = null;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  /** @param listener called at once when it is too late; it takes the place of the one before */
  onCancel(listener: () => void): void {
    this.#listener = listener;
    if (this.#cancelled) listener();
  }

  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#listener?.();
  }
}
