import { connect } from 'node:net';
import type { Environment } from '../../context.ts';
import { sessionBusAddress } from './dbus/address.ts';
import { GET_SERIALS, HELLO_SERIAL, propertyQuestion, question, UNLOCK_SERIAL } from './dbus/question.ts';
import { decode, ERROR, METHOD_RETURN, type Message } from './dbus/wire.ts';

/** What the session bus says of the collection in which libsecret keeps new secrets. */
export type BusState = 'unlocked' | 'locked' | 'no-collection' | 'no-service' | 'no-bus' | 'unknown';

export interface BusReading {
  /** Settles once the question is on its way, or cannot be asked: the moment for other work while the bus answers. */
  readonly sent: Promise<void>;
  /** Never rejects. */
  readonly state: Promise<BusState>;
}

/** Long enough for the bus to start the service, which it does when the question is the first of the session. */
const TIMEOUT_MS = 2_000;
/** Several answers fit. */
const BUFFER_BYTES = 4_096;

/**
 * Asks whether the default collection is locked, because keytar cannot be asked before: on a locked collection it
 * answers as if there were no key, or waits for a person and can then be ended by a signal only.
 */
export function readCollection(env: Environment, timeoutMs = TIMEOUT_MS): BusReading {
  let markSent = () => {};
  const sent = new Promise<void>((resolve) => {
    markSent = resolve;
  });
  const state = ask(env, timeoutMs, markSent)
    .catch((): BusState => 'unknown')
    .finally(markSent);
  return { sent, state };
}

async function ask(env: Environment, timeoutMs: number, markSent: () => void): Promise<BusState> {
  const { sockets, others } = sessionBusAddress(env);
  for (const path of sockets) {
    const state = await converse(path, timeoutMs, markSent);
    if (state !== null) return state;
  }
  return others ? 'unknown' : 'no-bus';
}

/**
 * Reads until the question is answered; then, or when the time is up, the connection is closed. An answer that there is
 * no collection is not believed at once: the service may not have known the caller yet, or answers properties only.
 * @returns null when nothing listens there, or not to this user
 */
function converse(path: string, timeoutMs: number, markSent: () => void): Promise<BusState | null> {
  return new Promise((resolve) => {
    let connected = false;
    let accepted = false;
    let timer: NodeJS.Timeout | undefined;
    let isSettled = false;
    let pending = Buffer.alloc(0);
    let asked = UNLOCK_SERIAL;
    const further = [...GET_SERIALS];
    // Past the stream's own queue, which takes 0.4 ms to be there.
    const socket = connect({ path, onread: { buffer: Buffer.alloc(BUFFER_BYTES), callback: hear } });
    // On its way as soon as the connection is there.
    socket.write(question(process.getuid?.() ?? 0));
    /** Gives false: no more is read. */
    const settle = (state: BusState | null): false => {
      if (isSettled) return false;
      isSettled = true;
      clearTimeout(timer);
      resolve(state);
      // Later, because to close a socket Node makes its own standard error: 1 ms in which the caller could be at work.
      socket.unref();
      setTimeout(() => socket.destroy(), 100).unref();
      return false;
    };
    const startTimer = () => {
      if (!isSettled) timer = setTimeout(() => settle('unknown'), timeoutMs);
    };
    socket.on('connect', () => {
      connected = true;
      markSent();
      // The answer comes in the next turn, nearly always; the first timer of a process takes 0.3 ms.
      setImmediate(() => setImmediate(startTimer));
    });
    // A bus that hangs up instead of accepting is another user's (sudo, for example): there is none for this one.
    socket.on('close', () => settle(accepted ? 'unknown' : connected ? 'no-bus' : null)).on('error', () => {});
    function hear(bytes: number, buffer: Uint8Array): boolean {
      pending = Buffer.concat([pending, buffer.subarray(0, bytes)]);
      if (!accepted) {
        const end = pending.indexOf('\r\n');
        if (end < 0) return true;
        accepted = pending.toString('latin1', 0, end).startsWith('OK');
        if (!accepted) return settle('no-bus');
        pending = pending.subarray(end + 2);
      }
      for (let next = decode(pending); next !== null; next = decode(pending)) {
        pending = pending.subarray(next.length);
        const { type, fields } = next.message;
        if (type === ERROR && fields.replySerial === HELLO_SERIAL) return settle('unknown');
        if (fields.replySerial !== asked) continue;
        const state = stateIn(next.message);
        const again = further.shift();
        if (state !== 'no-collection' || again === undefined) return settle(state);
        asked = again;
        socket.write(propertyQuestion(again));
      }
      return true;
    }
  });
}

/** GLib answers `UnknownMethod` for an object that is not there, others say so. */
const STATE_OF_ERROR: Readonly<Record<string, BusState>> = {
  'org.freedesktop.DBus.Error.UnknownMethod': 'no-collection',
  'org.freedesktop.DBus.Error.UnknownObject': 'no-collection',
  'org.freedesktop.DBus.Error.UnknownInterface': 'no-collection',
  'org.freedesktop.Secret.Error.NoSuchObject': 'no-collection',
  'org.freedesktop.DBus.Error.ServiceUnknown': 'no-service',
  'org.freedesktop.DBus.Error.NameHasNoOwner': 'no-service',
};

function stateIn({ type, fields, body, littleEndian }: Message): BusState {
  const { errorName = '', signature } = fields;
  if (type === ERROR) {
    // Spawn.*: the service is installed, and the bus could not start it.
    return STATE_OF_ERROR[errorName] ?? (errorName.includes('.Error.Spawn.') ? 'no-service' : 'unknown');
  }
  if (type !== METHOD_RETURN) return 'unknown';
  const number = (at: number) => (littleEndian ? body.readUInt32LE(at) : body.readUInt32BE(at));
  // Of `Unlock`: what is unlocked, then the prompt for what is not, which is `/` for none.
  if (signature === 'aoo' && body.length >= 10) {
    if (number(0) > 0) return 'unlocked';
    return body.toString('latin1', 8, 8 + number(4)) === '/' ? 'no-collection' : 'locked';
  }
  // Of `Get`, a variant that holds a boolean: its signature (1, 'b', 0), a byte to align, four bytes.
  const isBoolean = signature === 'v' && body.length === 8 && body[1] === 'b'.charCodeAt(0);
  if (!isBoolean) return 'unknown';
  return number(4) === 1 ? 'locked' : 'unlocked';
}
