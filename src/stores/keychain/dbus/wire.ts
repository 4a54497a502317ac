/**
 * D-Bus messages from bytes: as much of the specification's "Message Protocol" as one answer takes.
 *
 * Written here because no library fits a start-up budget of 8 ms: dbus-native, the living one, takes 19 ms to load
 * even when bundled (xml2js and all), and dbus-next with its forks is no lighter.
 */
export const METHOD_CALL = 1;
export const METHOD_RETURN = 2;
export const ERROR = 3;

/** The header fields in use, by their code and the type of their value. */
export const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
} as const;

export type FieldName = keyof typeof FIELDS;
type FieldValue<Name extends FieldName> = (typeof FIELDS)[Name][1] extends 'u' ? number : string;

export type Fields = { readonly [Name in FieldName]?: FieldValue<Name> };

export interface Message {
  readonly type: number;
  readonly serial: number;
  readonly fields: Fields;
  readonly body: Buffer;
  /** The byte order in which the sender wrote it. */
  readonly littleEndian: boolean;
}

/** The first message in `bytes` with its length there, or null when it has not arrived whole. */
export function decode(bytes: Buffer): { message: Message; length: number } | null {
  if (bytes.length < 16) return null;
  const littleEndian = bytes[0] === 'l'.charCodeAt(0);
  const uint32 = (at: number) => (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const fieldsEnd = 16 + uint32(12);
  const bodyStart = fieldsEnd + padding(fieldsEnd, 8);
  const length = bodyStart + uint32(4);
  if (bytes.length < length) return null;
  const fields = readFields(bytes, 16, fieldsEnd, uint32);
  const body = bytes.subarray(bodyStart, length);
  return { message: { type: bytes[1] ?? 0, serial: uint32(8), fields, body, littleEndian }, length };
}

function readFields(bytes: Buffer, start: number, end: number, uint32: (at: number) => number): Fields {
  const fields: Record<string, string | number> = {};
  for (let at = start; at < end; ) {
    at += padding(at, 8);
    const code = bytes[at];
    // A header field's type is one letter: its length, the letter and a NUL stand between the code and the value.
    const kind = String.fromCharCode(bytes[at + 2] ?? 0);
    at += 4;
    const name = (Object.keys(FIELDS) as FieldName[]).find((each) => FIELDS[each][0] === code);
    const textLength = kind === 'g' ? (bytes[at] ?? 0) : uint32(at);
    const textStart = at + (kind === 'g' ? 1 : 4);
    if (name !== undefined) {
      fields[name] = kind === 'u' ? textLength : bytes.toString('utf8', textStart, textStart + textLength);
    }
    at = kind === 'u' ? textStart : textStart + textLength + 1;
  }
  return fields;
}

/** The bytes from `length` up to the next multiple of `to`. */
export function padding(length: number, to: number): number {
  return (to - (length % to)) % to;
}
