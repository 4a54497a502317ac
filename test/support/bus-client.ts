import { connect, type Socket } from 'node:net';
import {
  decode,
  ERROR,
  type Fields,
  METHOD_CALL,
  METHOD_RETURN,
  type Message,
} from '../../src/stores/keychain/dbus/wire.ts';
import { encode, Writer } from './dbus-encode.ts';

/** What a fake program on the bus does with a call: a reply's fields and body, or null for no reply ever. */
export type Handler = (call: Message) => { readonly fields?: Fields; readonly body?: Buffer } | null;

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

/** A program on a test's own bus: makes calls and, given a name and a handler, answers them. */
export class BusClient {
  readonly #socket: Socket;
  readonly #handler: Handler;
  readonly #waiting = new Map<number, (reply: Message) => void>();
  #serial = 0;
  #accepted = false;
  #pending = Buffer.alloc(0);

  private constructor(socket: Socket, handler: Handler) {
    this.#socket = socket;
    this.#handler = handler;
    socket.on('data', (chunk: Buffer) => this.#take(chunk)).on('error', () => {});
  }

  static async connect(path: string, handler: Handler = () => null): Promise<BusClient> {
    const socket = connect({ path });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    const client = new BusClient(socket, handler);
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`);
    await client.call({ ...BUS, member: 'Hello' });
    return client;
  }

  /** @throws when the reply is an error, with its name. */
  async call(fields: Fields, body?: Buffer): Promise<Message> {
    this.#serial += 1;
    const serial = this.#serial;
    const reply = await new Promise<Message>((resolve) => {
      this.#waiting.set(serial, resolve);
      this.#socket.write(encode(METHOD_CALL, serial, fields, body));
    });
    if (reply.type === ERROR) throw new Error(reply.fields.errorName);
    return reply;
  }

  async own(name: string): Promise<void> {
    const body = new Writer().string(name).uint32(0).toBuffer();
    await this.call({ ...BUS, member: 'RequestName', signature: 'su' }, body);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (!this.#accepted) {
      const end = this.#pending.indexOf('\r\n');
      if (end < 0) return;
      this.#accepted = true;
      this.#pending = this.#pending.subarray(end + 2);
    }
    for (let next = decode(this.#pending); next !== null; next = decode(this.#pending)) {
      this.#pending = this.#pending.subarray(next.length);
      this.#receive(next.message);
    }
  }

  #receive(message: Message): void {
    const { replySerial, sender } = message.fields;
    if (message.type === METHOD_CALL) {
      const reply = this.#handler(message);
      if (reply === null || sender === undefined) return;
      this.#serial += 1;
      const fields = { ...reply.fields, destination: sender, replySerial: message.serial };
      this.#socket.write(encode(METHOD_RETURN, this.#serial, fields, reply.body));
    } else if (replySerial !== undefined) {
      this.#waiting.get(replySerial)?.(message);
      this.#waiting.delete(replySerial);
    }
  }
}
