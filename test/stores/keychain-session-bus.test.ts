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

const DEFAULT = '/org/freedesktop/secrets/aliases/default';

/** An answer to `Unlock`: what is unlocked, and the prompt for the rest. */
function unlocking(unlocked: boolean, prompt = '/'): Buffer {
  const paths = unlocked ? new Writer().string(DEFAULT).toBuffer() : Buffer.alloc(0);
  const body = new Writer().uint32(paths.length);
  for (const byte of paths) body.byte(byte);
  return encode(METHOD_RETURN, 3, { replySerial: 2, signature: 'aoo' }, body.string(prompt).toBuffer());
}

const UNLOCKED = unlocking(true);
const LOCKED = unlocking(false, '/org/freedesktop/secrets/prompt/u1');
const NOTHING = unlocking(false);

/** An answer to `Get`. */
function property(value: number, replySerial = 3): Buffer {
  return encode(
    METHOD_RETURN,
    3,
    { replySerial, signature: 'v' },
    new Writer().signature('b').uint32(value).toBuffer(),
  );
}

function error(errorName: string, replySerial = 2): Buffer {
  return encode(ERROR, 3, { replySerial, errorName });
}

/** The question for the property. */
function get(serial: number): Buffer {
  return encode(
    METHOD_CALL,
    serial,
    {
      destination: 'org.freedesktop.secrets',
      path: DEFAULT,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
    },
    new Writer().string('org.freedesktop.Secret.Collection').string('Locked').toBuffer(),
  );
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
    ['unlocked', [OK, HELLO, SIGNAL, UNLOCKED], 'unlocked'],
    ['locked', [OK, HELLO, SIGNAL, LOCKED], 'locked'],
    ['no service', [OK, HELLO, error('org.freedesktop.DBus.Error.ServiceUnknown')], 'no-service'],
    ['a service that fails', [OK, HELLO, error('org.freedesktop.DBus.Error.Spawn.ChildExited')], 'no-service'],
    ['a refusal', [OK, HELLO, error('org.freedesktop.DBus.Error.AccessDenied')], 'unknown'],
    ['a full bus', [OK, error('org.freedesktop.DBus.Error.LimitsExceeded', 1)], 'unknown'],
    ['something else than was asked for', [OK, HELLO, encode(METHOD_RETURN, 3, { replySerial: 2 })], 'unknown'],
    ["another user's bus", [Buffer.from('REJECTED EXTERNAL\r\n')], 'no-bus'],
  ])('%s', async (_, said, state) => {
    const { path } = await bus((socket) => socket.write(Buffer.concat(said)));
    expect(await stateAt(path)).toBe(state);
  });

  const NO_METHOD = 'org.freedesktop.DBus.Error.UnknownMethod';

  test.each<[string, Buffer[], BusState]>([
    ['the collection is there after all, unlocked', [NOTHING, property(0)], 'unlocked'],
    ['the collection is there after all, locked', [NOTHING, property(1)], 'locked'],
    ['the service knows the caller at the third question', [NOTHING, error(NO_METHOD, 3), property(0, 4)], 'unlocked'],
    ['a service without the method', [error(NO_METHOD), property(1)], 'locked'],
    ['no such object, as GLib says it', [NOTHING, error(NO_METHOD, 3), error(NO_METHOD, 4)], 'no-collection'],
    [
      'no such object, as Qt says it',
      [NOTHING, ...[3, 4].map((serial) => error('org.freedesktop.DBus.Error.UnknownObject', serial))],
      'no-collection',
    ],
  ])('is asked for again when there seems to be nothing: %s', async (_, answers, state) => {
    const { path, heard } = await bus((socket) => {
      socket.write(Buffer.concat([OK, HELLO]));
      let answered = 0;
      socket.on('data', () => socket.write(answers[answered++] ?? Buffer.alloc(0)));
    });
    expect(await stateAt(path)).toBe(state);
    const further = Buffer.concat(answers.slice(1).map((_, at) => get(3 + at)));
    expect(heard().subarray(-further.length)).toEqual(further);
  });

  test('is understood however the answer is cut', async () => {
    const answer = Buffer.concat([OK, HELLO, SIGNAL, LOCKED]);
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
      socket.once('data', () => socket.write(Buffer.concat([OK, HELLO, UNLOCKED])));
    });
    expect(await stateAt(path)).toBe('unlocked');
    const uid = Buffer.from(String(process.getuid?.())).toString('hex');
    const hello = encode(METHOD_CALL, 1, {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'Hello',
    });
    const collection = new Writer().string(DEFAULT).toBuffer();
    const unlock = encode(
      METHOD_CALL,
      2,
      {
        destination: 'org.freedesktop.secrets',
        path: '/org/freedesktop/secrets',
        interface: 'org.freedesktop.Secret.Service',
        member: 'Unlock',
        signature: 'ao',
      },
      Buffer.concat([new Writer().uint32(collection.length).toBuffer(), collection]),
    );
    expect(heard()).toEqual(Buffer.concat([Buffer.from(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`), hello, unlock]));
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
    const { path } = await bus((socket) => socket.write(Buffer.concat([OK, HELLO, UNLOCKED])));
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
