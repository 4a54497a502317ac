import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ERROR, METHOD_CALL, METHOD_RETURN } from '../../src/stores/keychain/dbus/wire.ts';
import { type BusState, readCollection } from '../../src/stores/keychain/session-bus.ts';
import { encode, Writer } from '../support/dbus-encode.ts';
import { temporaryFolder } from '../support/host.ts';

const OK = Buffer.from('OK 00112233445566778899aabbccddeeff\r\n');
const HELLO = encode(METHOD_RETURN, 1, { replySerial: 1, signature: 's' }, new Writer().string(':1.5').toBuffer());
const SIGNAL = encode(4, 2, { path: '/a', interface: 'a.b', member: 'NameAcquired' });

function locked(value: number): Buffer {
  return encode(
    METHOD_RETURN,
    3,
    { replySerial: 2, signature: 'v' },
    new Writer().signature('b').uint32(value).toBuffer(),
  );
}

function error(errorName: string, replySerial = 2): Buffer {
  return encode(ERROR, 3, { replySerial, errorName });
}

/** A bus that says what it is told to, and what it heard. */
async function bus(talk: (socket: Socket) => void): Promise<{ path: string; heard: () => Buffer }> {
  const path = join(temporaryFolder(), 'bus');
  const heard: Buffer[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk) => heard.push(chunk)).on('error', () => {});
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  return { path, heard: () => Buffer.concat(heard) };
}

const stateAt = (path: string, timeoutMs?: number): Promise<BusState> =>
  readCollection({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, timeoutMs).state;

describe.skipIf(process.platform === 'win32')('the state of the default collection', () => {
  test.each<[string, Buffer[], BusState]>([
    ['unlocked', [OK, HELLO, SIGNAL, locked(0)], 'unlocked'],
    ['locked', [OK, HELLO, SIGNAL, locked(1)], 'locked'],
    [
      'no such object, as GLib says it',
      [OK, HELLO, error('org.freedesktop.DBus.Error.UnknownMethod')],
      'no-collection',
    ],
    ['no such object, as Qt says it', [OK, HELLO, error('org.freedesktop.DBus.Error.UnknownObject')], 'no-collection'],
    ['no service', [OK, HELLO, error('org.freedesktop.DBus.Error.ServiceUnknown')], 'no-service'],
    ['a service that fails', [OK, HELLO, error('org.freedesktop.DBus.Error.Spawn.ChildExited')], 'no-service'],
    ['a refusal', [OK, HELLO, error('org.freedesktop.DBus.Error.AccessDenied')], 'unknown'],
    ['a full bus', [OK, error('org.freedesktop.DBus.Error.LimitsExceeded', 1)], 'unknown'],
    ['something else than a boolean', [OK, HELLO, encode(METHOD_RETURN, 3, { replySerial: 2 })], 'unknown'],
    ["another user's bus", [Buffer.from('REJECTED EXTERNAL\r\n')], 'no-bus'],
  ])('%s', async (_, said, state) => {
    const { path } = await bus((socket) => socket.write(Buffer.concat(said)));
    expect(await stateAt(path)).toBe(state);
  });

  test('is understood however the answer is cut', async () => {
    const answer = Buffer.concat([OK, HELLO, SIGNAL, locked(1)]);
    const { path } = await bus(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of answer) {
        await new Promise(setImmediate);
        socket.write(Buffer.from([byte]));
      }
    });
    expect(await stateAt(path)).toBe('locked');
  });

  test('is asked for in one write: name, greeting, question', async () => {
    const { path, heard } = await bus((socket) => {
      socket.once('data', () => socket.write(Buffer.concat([OK, HELLO, locked(0)])));
    });
    expect(await stateAt(path)).toBe('unlocked');
    const uid = Buffer.from(String(process.getuid?.())).toString('hex');
    const hello = encode(METHOD_CALL, 1, {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'Hello',
    });
    const get = encode(
      METHOD_CALL,
      2,
      {
        destination: 'org.freedesktop.secrets',
        path: '/org/freedesktop/secrets/aliases/default',
        interface: 'org.freedesktop.DBus.Properties',
        member: 'Get',
        signature: 'ss',
      },
      new Writer().string('org.freedesktop.Secret.Collection').string('Locked').toBuffer(),
    );
    expect(heard()).toEqual(Buffer.concat([Buffer.from(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`), hello, get]));
  });

  test('is not known of a bus that hangs up or stays silent', async () => {
    const hangingUp = await bus((socket) => socket.end(Buffer.concat([OK, HELLO])));
    expect(await stateAt(hangingUp.path)).toBe('unknown');
    const refusing = await bus((socket) => socket.end());
    expect(await stateAt(refusing.path)).toBe('no-bus');
    const silent = await bus((socket) => socket.write(OK));
    expect(await stateAt(silent.path, 50)).toBe('unknown');
  });

  test('is asked of the first bus that is there', async () => {
    const { path } = await bus((socket) => socket.write(Buffer.concat([OK, HELLO, locked(0)])));
    const missing = join(temporaryFolder(), 'nothing');
    const address = `unix:path=${missing};unix:path=${path}`;
    expect(await readCollection({ DBUS_SESSION_BUS_ADDRESS: address }).state).toBe('unlocked');
    expect(await stateAt(missing)).toBe('no-bus');
    expect(await readCollection({}).state).toBe('no-bus');
    expect(await readCollection({ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=localhost,port=1' }).state).toBe('unknown');
  });

  test('says when the question is on its way, and also when it cannot be asked', async () => {
    const { path } = await bus(() => {});
    await readCollection({ DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` }, 50).sent;
    await readCollection({}).sent;
  });
});
