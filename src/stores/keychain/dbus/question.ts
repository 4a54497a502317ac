/** The serials by which the answers name their questions. */
export const HELLO_SERIAL = 1;
export const GET_SERIAL = 2;

// The messages stand here as bytes, a header field a line, because putting them together takes 0.5 ms at every start.
// `test/stores/keychain-session-bus.test.ts` puts them together and compares.

/** `Hello` to the bus itself, which every connection begins with. */
const HELLO =
  'l\x01\x00\x01\x00\x00\x00\x00\x01\x00\x00\x00n\x00\x00\x00' +
  '\x06\x01s\x00\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00\x00' +
  '\x01\x01o\x00\x15\x00\x00\x00/org/freedesktop/DBus\x00\x00\x00' +
  '\x02\x01s\x00\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00\x00' +
  '\x03\x01s\x00\x05\x00\x00\x00Hello\x00\x00\x00';

/** `Get` of the property `Locked` of the default collection. */
const GET =
  'l\x01\x00\x013\x00\x00\x00\x02\x00\x00\x00\x98\x00\x00\x00' +
  '\x06\x01s\x00\x17\x00\x00\x00org.freedesktop.secrets\x00' +
  '\x01\x01o\x00(\x00\x00\x00/org/freedesktop/secrets/aliases/default\x00\x00\x00\x00\x00\x00\x00\x00' +
  '\x02\x01s\x00\x1f\x00\x00\x00org.freedesktop.DBus.Properties\x00' +
  '\x03\x01s\x00\x03\x00\x00\x00Get\x00\x00\x00\x00\x00' +
  '\x08\x01g\x00\x02ss\x00' +
  '!\x00\x00\x00org.freedesktop.Secret.Collection\x00\x00\x00\x06\x00\x00\x00Locked\x00';

/**
 * Authentication, greeting and question in one write, so that the whole takes one turn of the loop and no round trip
 * more. The bus reads them one after the other, whatever it thinks of each.
 */
export function question(uid: number): Buffer {
  const identity = Buffer.from(String(uid)).toString('hex');
  return Buffer.from(`\x00AUTH EXTERNAL ${identity}\r\nBEGIN\r\n${HELLO}${GET}`, 'latin1');
}
