// What the bench of the gateway is made of: a service that answers at once, a proxy that only pipes, and a client that
// does as little as it can, so that it is the proxy that is measured.
import { Agent, createServer, request } from 'node:http';
import { connect } from 'node:net';

const MESSAGE = JSON.stringify({
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-5-5',
  content: [{ type: 'text', text: 'Hello. '.repeat(40) }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 8, output_tokens: 40 },
});
const event = (type, data) => `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
const BEGINNING = event('message_start', {
  message: { model: 'claude-haiku-5-5', usage: { input_tokens: 8, output_tokens: 1 } },
});
const PIECE = event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hello' } });
const END = event('message_delta', { delta: {}, usage: { output_tokens: 5 } }) + event('message_stop', {});

/** Answers a message at once; a stream with `held` in its body goes on until the client leaves. */
export function service() {
  return listen((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (!body.includes('"stream":true')) {
        outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': MESSAGE.length });
        return outgoing.end(MESSAGE);
      }
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write(BEGINNING);
      if (!body.includes('held')) return outgoing.end(PIECE + END);
      const timer = setInterval(() => outgoing.write(PIECE), 200);
      outgoing.on('close', () => clearInterval(timer));
    });
  });
}

/** The least that a proxy in Node does. */
export function bareProxy(target) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const { hostname, port } = new URL(target);
  return listen((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers, agent }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
}

function listen(handler) {
  return new Promise((resolve) => {
    const server = createServer(handler).listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${server.address().port}`);
    });
  });
}

/** One connection that sends the same request again and again, one at a time. */
export class Connection {
  #socket;
  #bytes;
  #seen = Buffer.alloc(0);
  #waiting = null;

  constructor(url, token, body) {
    const { hostname, port } = new URL(url);
    const text = JSON.stringify(body);
    this.#bytes = Buffer.from(
      `POST /v1/messages HTTP/1.1\r\nhost: ${hostname}:${port}\r\nx-api-key: ${token}\r\nanthropic-version: 2023-06-01\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')));
  }

  /** Milliseconds to the first byte of the body, and to its end. */
  ask() {
    const begun = performance.now();
    this.#seen = Buffer.alloc(0);
    return new Promise((resolve, reject) => {
      this.#waiting = { begun, firstByte: 0, resolve, reject };
      this.#socket.write(this.#bytes);
    });
  }

  /** Sends the request and leaves what comes unread but for the head: for streams that have no end. */
  close() {
    this.#waiting = null;
    this.#socket.destroy();
  }

  #take(chunk) {
    if (this.#waiting === null) return;
    this.#seen = this.#seen.length === 0 ? chunk : Buffer.concat([this.#seen, chunk]);
    const head = this.#seen.indexOf('\r\n\r\n');
    if (head < 0 || this.#seen.length === head + 4) return;
    const { begun, resolve, reject } = this.#waiting;
    this.#waiting.firstByte ||= performance.now() - begun;
    const text = this.#seen.latin1Slice(0, head).toLowerCase();
    if (!text.startsWith('http/1.1 200')) return reject(new Error(`not answered: ${this.#seen}`));
    const length = /content-length: (\d+)/.exec(text)?.[1];
    const whole =
      length === undefined
        ? this.#seen.subarray(-5).equals(Buffer.from('0\r\n\r\n'))
        : this.#seen.length >= head + 4 + Number(length);
    if (!whole) return;
    const { firstByte } = this.#waiting;
    this.#waiting = null;
    resolve({ firstByte, end: performance.now() - begun });
  }
}

/** Run as a process of its own: `node http.mjs service`, `node http.mjs bare URL`; says its address. */
if (process.argv[2] === 'service') console.log(await service());
if (process.argv[2] === 'bare') console.log(await bareProxy(process.argv[3]));
