/** The serials by which the answers name their questions. */
export const HELLO_SERIAL = 1;
export const UNLOCK_SERIAL = 2;
/** `Get` may be asked twice. */
export const GET_SERIALS: readonly number[] = [3, 4];

// The messages stand here as bytes, a header field a line, because putting them together takes 0.5 ms at every start.
// `test/stores/keychain-session-bus.test.ts` puts them together and compares.

/** `Hello` to the bus itself, which every connection begins with. */
const HELLO =
  'l\x01\x00\x01\x00\x00\x00\x00\x01\x00\x00\x00n\x00\x00\x00' +
  '\x06\x01s\x00\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00\x00' +
  '\x01\x01o\x00\x15\x00\x00\x00/org/freedesktop/DBus\x00\x00\x00' +
  '\x02\x01s\x00\x14\x00\x00\x00org.freedesktop.DBus\x00\x00\x00\x00' +
  '\x03\x01s\x00\x05\x00\x00\x00Hello\x00\x00\x00';

/**
 * `Unlock` of the default collection: names it as unlocked, or names a prompt, which nobody sees unless it is called for.
 *
 * Not `Get` of the property `Locked`, as long as the service does not know this connection: gnome-keyring (42 to 50) takes
 * note of a caller a little after its first call, and a property that is asked for before that ends the whole daemon,
 * one time in a thousand (its issue 195). A method that comes too early is only answered as if there were nothing.
 */
const UNLOCK =
  'l\x01\x00\x011\x00\x00\x00\x02\x00\x00\x00\x88\x00\x00\x00' +
  '\x06\x01s\x00\x17\x00\x00\x00org.freedesktop.secrets\x00' +
  '\x01\x01o\x00\x18\x00\x00\x00/org/freedesktop/secrets\x00\x00\x00\x00\x00\x00\x00\x00' +
  '\x02\x01s\x00\x1e\x00\x00\x00org.freedesktop.Secret.Service\x00\x00' +
  '\x03\x01s\x00\x06\x00\x00\x00Unlock\x00\x00' +
  '\x08\x01g\x00\x02ao\x00' +
  '-\x00\x00\x00(\x00\x00\x00/org/freedesktop/secrets/aliases/default\x00';

/**
 * `Get` of the property `Locked` of the default collection, for a service that has answered on this connection before,
 * and not said enough.
 */
export function propertyQuestion(serial: number): Buffer {
  return Buffer.from(
    `l\x01\x00\x013\x00\x00\x00${String.fromCharCode(serial)}\x00\x00\x00\x98\x00\x00\x00` +
      '\x06\x01s\x00\x17\x00\x00\x00org.freedesktop.secrets\x00' +
      '\x01\x01o\x00(\x00\x00\x00/org/freedesktop/secrets/aliases/default\x00\x00\x00\x00\x00\x00\x00\x00' +
      '\x02\x01s\x00\x1f\x00\x00\x00org.freedesktop.DBus.Properties\x00' +
      '\x03\x01s\x00\x03\x00\x00\x00Get\x00\x00\x00\x00\x00' +
      '\x08\x01g\x00\x02ss\x00' +
      '!\x00\x00\x00org.freedesktop.Secret.Collection\x00\x00\x00\x06\x00\x00\x00Locked\x00',
    'latin1',
  );
}

/**
 * Authentication, greeting and question in one write, so that the whole takes one turn of the loop and no round trip
 * more. The bus reads them one after the other, whatever it thinks of each.
 */
export function question(uid: number): Buffer {
  const identity = Buffer.from(String(uid)).toString('hex');
  return Buffer.from(`\x00AUTH EXTERNAL ${identity}\r\nBEGIN\r\n${HELLO}${UNLOCK}`, 'latin1');
}
