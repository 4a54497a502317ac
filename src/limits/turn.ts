/**
 * The end of a turn of the event loop: when everything that has come so far has been looked at. What many requests want
 * of the counters is then wanted once for all of them.
 */
export class Turn {
  #end: Promise<void> | null = null;

  end(): Promise<void> {
    this.#end ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#end = null;
        resolve();
      });
    });
    return this.#end;
  }
}
