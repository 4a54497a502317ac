import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { storeKey } from '../support/entries.ts';
import { TestMachine, temporaryFolder } from '../support/host.ts';
import { requireTools } from '../support/require.ts';

/** A machine with three lines in its log, and their texts. */
async function scene() {
  const machine = new TestMachine();
  await storeKey(machine, 'prod');
  const file = join(machine.home, 'claude-keys', 'audit.jsonl');
  const lines = () => readFileSync(file, 'utf8').trimEnd().split('\n');
  for (let time = 0; time < 3; time += 1) await machine.run(['print', 'prod']);
  return { machine, file, lines };
}

/** Waits until there are so many, at most 10 s. */
async function until(count: number, found: readonly unknown[]): Promise<void> {
  for (const begun = Date.now(); found.length < count && Date.now() - begun < 10_000; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A receiver of OpenTelemetry (OTLP over HTTP, JSON): the bodies of the log records that came. */
async function collector(status = 200) {
  const bodies: string[] = [];
  const requests: { path: string; records: Record<string, unknown>[]; token: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const document = JSON.parse(text);
    const records = document.resourceLogs.flatMap((resource: { scopeLogs: { logRecords: unknown[] }[] }) =>
      resource.scopeLogs.flatMap(({ logRecords }) => logRecords),
    );
    requests.push({ path: request.url ?? '', records, token: request.headers['x-token'] });
    if (status === 200)
      bodies.push(...records.map((record: { body: { stringValue: string } }) => record.body.stringValue));
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${port}`, bodies, requests };
}

describe('an OpenTelemetry collector', () => {
  test('gets every line once, as it stands in the log', async () => {
    const { machine, lines } = await scene();
    const { url, bodies, requests } = await collector();
    const { code, stdout } = await machine.run(['audit', 'sink', url, '--json']);
    expect([code, JSON.parse(stdout)]).toEqual([0, { sink: `${url}/`, sent: 3, last: 3, breaks: [] }]);
    expect(bodies).toEqual(lines());
    const [{ path, records } = { path: '', records: [] }] = requests;
    expect(path).toBe('/v1/logs');
    expect(records[0]).toMatchObject({
      severityText: 'INFO',
      timeUnixNano: String(Date.parse('2026-11-24T12:00:00Z') * 1e6),
    });
    expect(records[0]?.['attributes']).toContainEqual({ key: 'command', value: { stringValue: 'print' } });

    await machine.run(['print', 'prod']);
    expect(JSON.parse((await machine.run(['audit', 'sink', url, '--json'])).stdout)).toMatchObject({
      sent: 1,
      last: 4,
    });
    expect(JSON.parse((await machine.run(['audit', 'sink', url, '--json'])).stdout)).toMatchObject({
      sent: 0,
      last: 4,
    });
    expect(bodies).toEqual(lines());
  });

  test('that refuses, or is not there, gets them with the next run', async () => {
    const { machine, lines } = await scene();
    const broken = await collector(400);
    expect((await machine.run(['audit', 'sink', broken.url])).code).toBe(5);
    const { code, stderr } = await machine.run(['audit', 'sink', 'http://127.0.0.1:9']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('127.0.0.1:9 did not take the lines')]);
    const { url, bodies } = await collector();
    expect((await machine.run(['audit', 'sink', url])).code).toBe(0);
    expect(bodies).toEqual(lines());
  }, 30_000);

  test('is told of a log that was changed since', async () => {
    const { machine, file, lines } = await scene();
    const { url, bodies } = await collector();
    await machine.run(['audit', 'sink', url]);
    await machine.run(['print', 'prod']);
    await machine.run(['print', 'prod']);
    writeFileSync(
      file,
      lines()
        .map((line, at) => (at === 3 ? '' : `${line}\n`))
        .join(''),
    );
    const { code, stderr } = await machine.run(['audit', 'sink', url]);
    expect([code, bodies.length]).toEqual([1, 4]);
    expect(stderr).toContain('line 5 does not follow from what was sent before');
  });
});

describe.skipIf(!requireTools('logger'))('syslog', () => {
  const MESSAGE = /^<86>1 \S+ \S+ claude-keys .*? audit \S+ (?:\uFEFF)?(\{.*\})$/s;
  const bodyOf = (message: string) => MESSAGE.exec(message.trimEnd())?.[1] ?? message;

  test('over UDP', async () => {
    const { machine, lines } = await scene();
    const messages: string[] = [];
    const socket = createSocket('udp4', (message) => messages.push(message.toString()));
    onTestFinished(() => void socket.close());
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { code, stderr } = await machine.run(['audit', 'sink', `syslog://127.0.0.1:${socket.address().port}`]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('3 lines sent to syslog://')]);
    await until(3, messages);
    expect(messages.map(bodyOf)).toEqual(lines());
  });

  test('over TCP', async () => {
    const { machine, lines } = await scene();
    let text = '';
    const server = createTcpServer((socket) => socket.on('data', (data) => (text += data.toString())));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect((await machine.run(['audit', 'sink', `syslog+tcp://127.0.0.1:${port}`])).code).toBe(0);
    const found = () => [...text.matchAll(/\{"seq".*?"prev":(?:null|"[0-9a-f]{64}")\}/gs)].map(([line]) => line);
    for (const begun = Date.now(); found().length < 3 && Date.now() - begun < 5_000; ) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(found()).toEqual(lines());
  });

  test.skipIf(!requireTools('python3'))('into the socket of the local one', async () => {
    const { machine, lines } = await scene();
    const path = join(temporaryFolder(), 'log');
    // Node has no datagram sockets of Unix.
    const receiver = spawn('python3', ['-u', '-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void receiver.kill('SIGKILL'));
    const messages: string[] = [];
    createInterface({ input: receiver.stdout }).on('line', (line) => messages.push(line));
    await until(1, messages);
    expect(messages.splice(0)).toEqual(['ready']);
    const { code, stderr } = await machine.run(['audit', 'sink', `syslog:${path}`]);
    expect(code, stderr).toBe(0);
    await until(3, messages);
    expect(messages.map((message) => bodyOf(JSON.parse(message)))).toEqual(lines());
  });

  test('that nobody listens to is exit 5', async () => {
    const { machine } = await scene();
    const { code, stderr } = await machine.run(['audit', 'sink', 'syslog:/nowhere/log']);
    expect([code, stderr]).toEqual([5, expect.stringContaining('syslog did not take the lines')]);
  });
});

const RECEIVER = `
import json, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print('ready')
while True:
    print(json.dumps(receiver.recv(65536).decode()))
`;

test.each([
  [['audit', 'sink']],
  [['audit', 'sink', 'ftp://example.com']],
  [['audit', 'sink', 'syslog://example.com/path']],
  [['audit', 'sink', 'https://someone:word@example.com']],
  [['audit', 'sink', 'syslog:', '--since', 'later']],
])('%j is a mistake', async (argv) => {
  expect((await new TestMachine().run(argv)).code).toBe(2);
});
