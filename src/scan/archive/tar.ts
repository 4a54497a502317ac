/** A file in a tar archive. Its content must be read to its end, or not at all, before the next one is asked for. */
export interface Member {
  readonly name: string;
  readonly content: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
const MOST_NAME = 65_536;
const FILE = /^[\0 07]$/;

/**
 * The files of a tar archive, as they come by: nothing of it is kept. A block that is no header is passed over, where
 * the libraries give up: what stands behind the damage is looked at all the same.
 */
export async function* tarMembers(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Member> {
  const source = new Blocks(pieces);
  let longName: string | null = null;
  for (let header = await source.take(BLOCK); header !== null; header = await source.take(BLOCK)) {
    const size = numberIn(header, 124, 12);
    if (header[0] === 0 || size === null) continue;
    const type = String.fromCharCode(header[156] ?? 0);
    if ((type === 'L' || type === 'x') && size <= MOST_NAME) {
      const bytes = await source.take(size);
      if (bytes === null) throw new Error('it is cut off');
      const text = Buffer.from(bytes).toString('utf8');
      longName = type === 'L' ? text.replace(/\0.*$/s, '') : (/\d+ path=([^\n]*)\n/.exec(text)?.[1] ?? longName);
    } else {
      const content = source.next(size);
      if (FILE.test(type)) yield { name: longName ?? nameIn(header), content };
      await source.skipRest();
      longName = null;
    }
    if (source.isCut) throw new Error('it is cut off');
    await source.skip((BLOCK - (size % BLOCK)) % BLOCK);
  }
}

function nameIn(header: Uint8Array): string {
  const [name, prefix] = [textIn(header, 0, 100), textIn(header, 345, 155)];
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textIn(header: Uint8Array, at: number, length: number): string {
  return Buffer.from(header.subarray(at, at + length))
    .toString('utf8')
    .replace(/\0.*$/s, '');
}

/** Octal digits, or a number in base 256 for what is larger; null where there is none. */
function numberIn(header: Uint8Array, at: number, length: number): number | null {
  if (((header[at] ?? 0) & 0x80) !== 0) {
    return header.subarray(at + 4, at + length).reduce((value, byte) => value * 256 + byte, 0);
  }
  const digits = textIn(header, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}

class Blocks {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = new Uint8Array();
  /** Of the file that is being read. */
  #left = 0;
  #isCut = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The archive was over within a file. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Exactly so many bytes; null when the archive is over before. */
  async take(count: number): Promise<Uint8Array | null> {
    const parts: Uint8Array[] = [];
    for (let missing = count; missing > 0; missing -= parts.at(-1)?.length ?? 0) {
      const part = await this.#some(missing);
      if (part === null) return null;
      parts.push(part);
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  }

  next(size: number): AsyncIterable<Uint8Array> {
    this.#left = size;
    return this.#content();
  }

  async skipRest(): Promise<void> {
    this.#isCut ||= !(await this.skip(this.#left));
    this.#left = 0;
  }

  /** @returns false when the archive was over before */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const part = await this.#some(left);
      if (part === null) return false;
      left -= part.length;
    }
    return true;
  }

  async *#content(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const part = await this.#some(this.#left);
      if (part === null) return;
      this.#left -= part.length;
      yield part;
    }
  }

  async #some(most: number): Promise<Uint8Array | null> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#pieces.next();
      if (done) return null;
      this.#piece = value;
    }
    const part = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(part.length);
    return part;
  }
}
