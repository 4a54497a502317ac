import { FIELDS, type FieldName, type Fields, padding } from '../../src/stores/keychain/dbus/wire.ts';

/** Marshals values one after the other, each at its own alignment. */
export class Writer {
  readonly #bytes: number[] = [];

  align(to: number): this {
    while (this.#bytes.length % to !== 0) this.#bytes.push(0);
    return this;
  }

  byte(value: number): this {
    this.#bytes.push(value);
    return this;
  }

  uint32(value: number): this {
    this.align(4).#bytes.push(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
    return this;
  }

  /** A string or an object path. */
  string(value: string): this {
    const bytes = Buffer.from(value);
    this.uint32(bytes.length).#bytes.push(...bytes, 0);
    return this;
  }

  signature(value: string): this {
    this.#bytes.push(value.length, ...Buffer.from(value), 0);
    return this;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes);
  }
}

/** A whole message, little-endian. */
export function encode(type: number, serial: number, fields: Fields, body: Buffer = Buffer.alloc(0)): Buffer {
  const list = new Writer();
  for (const [name, value] of Object.entries(fields) as [FieldName, string | number][]) {
    const [code, kind] = FIELDS[name];
    list.align(8).byte(code).signature(kind);
    if (typeof value === 'number') list.uint32(value);
    else if (kind === 'g') list.signature(value);
    else list.string(value);
  }
  const listed = list.toBuffer();
  const head = new Writer().byte('l'.charCodeAt(0)).byte(type).byte(0).byte(1);
  head.uint32(body.length).uint32(serial).uint32(listed.length);
  return Buffer.concat([head.toBuffer(), listed, Buffer.alloc(padding(listed.length, 8)), body]);
}
