import { describe, expect, test } from 'vitest';
import { sessionBusAddress } from '../../src/stores/keychain/dbus/address.ts';
import { decode, METHOD_CALL, METHOD_RETURN } from '../../src/stores/keychain/dbus/wire.ts';
import { encode, Writer } from '../support/dbus-encode.ts';

describe('the address of the session bus', () => {
  const runtime = { XDG_RUNTIME_DIR: '/run/user/7' };
  test.each([
    ['a path', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/bus' }, ['/tmp/bus'], false],
    ['a path with a guid', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/bus,guid=00ff' }, ['/tmp/bus'], false],
    ['a guid before the path', { DBUS_SESSION_BUS_ADDRESS: 'unix:guid=00ff,path=/tmp/bus' }, ['/tmp/bus'], false],
    ['the abstract namespace', { DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=/tmp/x' }, ['\0/tmp/x'], false],
    ['escapes', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/a%20b%2c%c3%a9' }, ['/tmp/a b,é'], false],
    ['an escape that is none', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/%zz' }, ['/tmp/%zz'], false],
    ['several', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/a;unix:abstract=b;' }, ['/a', '\0b'], false],
    ['another transport', { DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1' }, [], true],
    ['another transport first', { DBUS_SESSION_BUS_ADDRESS: 'autolaunch:;unix:path=/a' }, ['/a'], true],
    ['a socket for listening only', { DBUS_SESSION_BUS_ADDRESS: 'unix:tmpdir=/tmp' }, [], true],
    [
      'the runtime folder by name',
      { ...runtime, DBUS_SESSION_BUS_ADDRESS: 'unix:runtime=yes' },
      ['/run/user/7/bus'],
      false,
    ],
    ['the address before the runtime folder', { ...runtime, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/a' }, ['/a'], false],
    ['the runtime folder alone', runtime, ['/run/user/7/bus'], false],
    ['an empty address', { ...runtime, DBUS_SESSION_BUS_ADDRESS: '' }, ['/run/user/7/bus'], false],
    ['nothing', {}, [], false],
  ])('%s', (_, env, sockets, others) => {
    expect(sessionBusAddress(env)).toEqual({ sockets, others });
  });
});

describe('messages', () => {
  const fields = {
    destination: 'org.freedesktop.secrets',
    path: '/org/freedesktop/secrets/aliases/default',
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    signature: 'ss',
  };
  const body = new Writer().string('abc').string('Locked').toBuffer();

  test('are laid out as the specification says', () => {
    const message = encode(METHOD_CALL, 2, { path: '/a', member: 'M' });
    expect(message.toString('hex')).toBe(
      [
        '6c010001', // little-endian, method call, no flags, protocol 1
        '00000000', // length of the body
        '02000000', // serial
        '1a000000', // length of the header fields
        '01016f00020000002f61000000000000', // path (o), '/a', padded to 8
        '03017300010000004d00000000000000', // member (s), 'M', padded to 8
      ].join(''),
    );
  });

  test('come back as they were sent', () => {
    const bytes = encode(METHOD_CALL, 7, fields, body);
    expect(bytes.length % 8).toBe(body.length % 8);
    expect(decode(bytes)).toEqual({
      message: { type: METHOD_CALL, serial: 7, fields, body, littleEndian: true },
      length: bytes.length,
    });
  });

  test('are not read before they are whole, and not beyond their end', () => {
    const bytes = encode(METHOD_RETURN, 9, { ...fields, replySerial: 4 }, body);
    for (let length = 0; length < bytes.length; length += 1) expect(decode(bytes.subarray(0, length))).toBeNull();
    const two = Buffer.concat([bytes, bytes]);
    expect(decode(two)).toEqual(decode(bytes));
  });

  test('are read in the other byte order and with fields that are not known', () => {
    // Big-endian method return: reply serial 2, 9 = number of file descriptors, signature 'v', body: true.
    const message = Buffer.from(
      ['42020001', '00000008', '00000005', '00000017'].join('') +
        ['0501750000000002', '0901750000000000', '08016700017600', '00'].join('') +
        ['01620000', '00000001'].join(''),
      'hex',
    );
    expect(decode(message)?.message).toEqual({
      type: METHOD_RETURN,
      serial: 5,
      fields: { replySerial: 2, signature: 'v' },
      body: Buffer.from('0162000000000001', 'hex'),
      littleEndian: false,
    });
  });
});
