/** A counter after a change, and how long it goes on, in milliseconds. */
export interface Count {
  readonly value: number;
  readonly msLeft: number;
}

/**
 * Counters that end by themselves, shared by every gateway that has the same ones. A change is done when the promise is
 * fulfilled, and is not lost when this process is killed then.
 */
export interface Counters {
  /**
   * Adds `delta` to a counter unless that would put it over `limit`; then nothing changes, and the count is what it
   * would have been. A counter that is not there begins at nothing and ends after `seconds`; one that is not there
   * cannot be lowered.
   * @throws when it cannot be known: the request must be refused then.
   */
  add(key: string, delta: number, seconds: number, limit: number): Promise<Count>;
  get(key: string): Promise<Count | null>;
  close(): Promise<void>;
}
