/** The file is not an age file of version 1, or not one that was left as it was written. The message says why. */
export class DamagedAge extends Error {
  override readonly name = 'DamagedAge';
}

/** One recipient: the file key, sealed in a way that its type tells. */
export interface Stanza {
  readonly type: string;
  readonly args: readonly string[];
  readonly body: Buffer;
}

export interface AgeHeader {
  readonly stanzas: readonly Stanza[];
  readonly mac: Buffer;
  /** The MAC is over everything before this offset, the `---` included. */
  readonly macStart: number;
  /** Where the payload begins. */
  readonly end: number;
}

const VERSION = 'age-encryption.org/v1';
const ARMOR = '-----BEGIN AGE';
/** As many base64 characters as a full line of a stanza's body has; the first shorter line is its last. */
const LINE = 64;
/** A header that goes on for longer than this is none: a real one has some hundred bytes a recipient. */
const HEADER_LIMIT = 1024 * 1024;

/**
 * Parses the header at the beginning of an age file, in exactly the form that the specification gives it.
 * @throws {DamagedAge}
 */
export function parseHeader(file: Buffer): AgeHeader {
  const lines = new Lines(file);
  if (lines.next() !== VERSION) throw new DamagedAge(notAge(file));
  const stanzas: Stanza[] = [];
  for (;;) {
    const start = lines.at;
    const line = lines.next();
    if (line.startsWith('-> ')) {
      stanzas.push(parseStanza(line, lines));
      continue;
    }
    const mac = line.startsWith('--- ') ? decodeBase64(line.slice(4)) : null;
    if (mac?.length !== 32 || stanzas.length === 0) throw new DamagedAge('its header is malformed');
    return { stanzas, mac, macStart: start + 3, end: lines.at };
  }
}

function parseStanza(line: string, lines: Lines): Stanza {
  const [type = '', ...args] = line.slice(3).split(' ');
  if (![type, ...args].every((arg) => /^[\x21-\x7e]+$/.test(arg))) throw new DamagedAge('its header is malformed');
  const parts: Buffer[] = [];
  for (;;) {
    const text = lines.next();
    const part = text.length <= LINE ? decodeBase64(text) : null;
    if (part === null) throw new DamagedAge('its header is malformed');
    parts.push(part);
    if (text.length < LINE) return { type, args, body: Buffer.concat(parts) };
  }
}

/** Base64 without padding, in its one canonical form; null for anything else. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encodeBase64(bytes) === text ? bytes : null;
}

export function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Lines that end in a line feed, one by one, as Latin-1 so that every byte counts. */
class Lines {
  at = 0;
  readonly #file: Buffer;

  constructor(file: Buffer) {
    this.#file = file;
  }

  next(): string {
    const end = this.#file.indexOf(0x0a, this.at);
    if (end === -1 || end > HEADER_LIMIT) {
      throw new DamagedAge(this.at === 0 ? notAge(this.#file) : 'its header is cut off');
    }
    const line = this.#file.toString('latin1', this.at, end);
    this.at = end + 1;
    return line;
  }
}

function notAge(file: Buffer): string {
  if (file.length === 0) return 'it is empty';
  if (file.toString('latin1', 0, ARMOR.length) === ARMOR) return 'it is armored (text) and must be binary';
  return 'it is not an age file';
}
