import { isPacked } from '../archive/kind.ts';
import { anchorsIn, mayHoldAny, searchable } from '../detect/index.ts';
import type { Hit } from '../hit.ts';
import { LARGE, Scanner } from '../scanner.ts';

export type ObjectType = 'blob' | 'commit' | 'tag' | 'tree';

/** What is told of the objects as they come by. */
export interface Visitor {
  /** @param isPacked for a blob that has to be unpacked, or cannot be */
  onObject(id: string, type: ObjectType, size: number, hits: readonly Hit[], isPacked: boolean): void;
  onMissing(id: string): void;
  /** Not all of the object was decoded. */
  onCut(id: string): void;
  isOver(): boolean;
}

interface Header {
  readonly id: string;
  readonly type: ObjectType;
  /** Null when git does not have it. */
  readonly size: number | null;
  /** Where the object begins in the block. */
  readonly start: number;
}

const NEWLINE = 10;
const MOST_HEADER = 256;

/**
 * Reads what `git cat-file --batch` writes, objects of any size, in blocks of one length. A block is searched at once, and
 * nearly no object has anything in it; one that may is searched alone, as a text of its own.
 */
export class BatchReader {
  readonly #visitor: Visitor;
  readonly #block = searchable(LARGE);
  #filled = 0;
  #ownScanner: Scanner | undefined;
  /** An object that is larger than a block, and how much of it is still to come. */
  #large: { readonly header: Header; readonly isPacked: boolean; left: number } | null = null;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** @throws {Error} when git would not write that */
  write(piece: Buffer): void {
    for (let at = 0; at < piece.length; ) {
      const count = piece.copy(this.#block, this.#filled, at);
      at += count;
      this.#filled += count;
      if (this.#filled === this.#block.length) this.#readBlock();
    }
  }

  /**
   * Nothing more comes.
   * @throws {Error} as {@link write}
   */
  end(): void {
    this.#readBlock();
  }

  /** Reads what is whole, and keeps the rest for the next block. */
  #readBlock(): void {
    const mayHoldAt = mayHoldAny(anchorsIn(this.#block, this.#filled));
    let begin = this.#goOn();
    for (let header = this.#headerAt(begin); header !== null; header = this.#headerAt(begin)) {
      const { start } = header;
      const end = start + (header.size ?? 0);
      if (end > this.#filled) {
        if (begin === 0 && this.#filled === this.#block.length) begin = this.#beginLarge(header);
        break;
      }
      const mayHold = mayHoldAt(start, end);
      if (mayHold) this.#scanner.write(this.#block.subarray(start, end));
      this.#tell(header, this.#isPacked(header), mayHold);
      begin = end;
    }
    this.#block.copyWithin(0, begin, this.#filled);
    this.#filled -= begin;
  }

  #headerAt(at: number): Header | null {
    // An empty line ends an object.
    const begin = this.#block[at] === NEWLINE ? at + 1 : at;
    const newline = this.#block.indexOf(NEWLINE, begin);
    const isWhole = newline >= 0 && newline < this.#filled;
    const end = isWhole ? newline : this.#filled;
    if (end - begin > MOST_HEADER) throw new Error('git cat-file wrote what is no header');
    if (!isWhole) return null;
    const [id = '', type, size] = this.#block.toString('latin1', begin, end).split(' ');
    return { id, type: type as ObjectType, size: size === undefined ? null : Number(size), start: end + 1 };
  }

  #isPacked({ type, size, start }: Header): boolean {
    if (type !== 'blob' || size === null) return false;
    return isPacked(this.#block, start, Math.min(start + size, this.#filled));
  }

  #beginLarge(header: Header): number {
    const here = this.#block.subarray(header.start, this.#filled);
    this.#scanner.write(here);
    this.#large = { header, isPacked: this.#isPacked(header), left: (header.size ?? 0) - here.length };
    return this.#filled;
  }

  /** @returns where the next object begins */
  #goOn(): number {
    if (this.#large === null) return 0;
    const here = this.#block.subarray(0, Math.min(this.#large.left, this.#filled));
    this.#scanner.write(here);
    this.#large.left -= here.length;
    if (this.#large.left > 0) return here.length;
    this.#tell(this.#large.header, this.#large.isPacked, true);
    this.#large = null;
    return here.length;
  }

  #tell({ id, type, size }: Header, isPacked: boolean, wasSearched: boolean): void {
    if (size === null) this.#visitor.onMissing(id);
    else this.#visitor.onObject(id, type, size, wasSearched ? this.#scanner.end() : [], isPacked);
    if (wasSearched && this.#scanner.isCut) this.#visitor.onCut(id);
  }

  /** For one object alone; few need it. */
  get #scanner(): Scanner {
    this.#ownScanner ??= new Scanner();
    return this.#ownScanner;
  }
}
