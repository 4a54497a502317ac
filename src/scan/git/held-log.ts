import { LogParser, type LogVisitor } from './log.ts';

const CHUNK = 262_144;

/** A part of a log, as git writes it: bytes one behind the other, in little memory. */
export class HeldLog {
  #chunks: Buffer[] = [];
  #last = 0;

  append(bytes: Buffer, begin: number, end: number): void {
    for (let at = begin; at < end; ) {
      if (this.#chunks.length === 0 || this.#last === CHUNK) {
        this.#chunks.push(Buffer.allocUnsafeSlow(CHUNK));
        this.#last = 0;
      }
      const count = bytes.copy(this.#chunks.at(-1) as Buffer, this.#last, at, end);
      this.#last += count;
      at += count;
    }
  }

  /** In bytes. */
  get size(): number {
    return Math.max(0, this.#chunks.length - 1) * CHUNK + this.#last;
  }

  /** Tells the visitor all of it, and holds none of it any more. */
  parse(visitor: LogVisitor): void {
    const parser = new LogParser(visitor);
    const [chunks, last] = [this.#chunks, this.#last];
    this.#chunks = [];
    this.#last = 0;
    for (let chunk = chunks.shift(); chunk !== undefined; chunk = chunks.shift())
      parser.write(chunks.length === 0 ? chunk.subarray(0, last) : chunk);
  }
}
