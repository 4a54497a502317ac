import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { NO_USAGE } from '../../src/anthropic/prices.ts';
import { decoded } from '../../src/gateway/decoded-meter.ts';
import { hasDuplicateNames } from '../../src/gateway/duplicates.ts';
import { KeyGuard } from '../../src/gateway/key-guard.ts';
import { MessageMeter, ResultsMeter, StreamMeter } from '../../src/gateway/usage-meter.ts';

const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`;
const START = event('message_start', {
  message: { model: 'claude-haiku-5-5', usage: { input_tokens: 8, cache_read_input_tokens: 100, output_tokens: 1 } },
});
const text = (said: string) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: said } });
const END = event('message_delta', {
  delta: { stop_reason: 'end_turn' },
  usage: { output_tokens: 42, input_tokens: null },
});
const STREAM = `${START}${text('Hi "usage" \\"usage\\"')}${text('{"usage":{"output_tokens":9999}}')}${END}`;

const MEASURED = { ...NO_USAGE, input: 8, cacheRead: 100, output: 42 };

describe('the usage of a stream', () => {
  test.each([1, 2, 7, 64, 1e6])('in pieces of %d bytes', (size) => {
    const meter = new StreamMeter();
    const bytes = Buffer.from(STREAM);
    for (let at = 0; at < bytes.length; at += size) meter.write(bytes.subarray(at, at + size));
    expect(meter.end(true)).toEqual({ usage: MEASURED, model: 'claude-haiku-5-5', estimated: false });
  });

  test('with line ends of both kinds', () => {
    const meter = new StreamMeter();
    meter.write(Buffer.from(STREAM.replaceAll('\n', '\r\n')));
    expect(meter.end(true).usage).toEqual(MEASURED);
  });

  test('that is cut off is what was read, and what was written by its length', () => {
    const meter = new StreamMeter();
    meter.write(Buffer.from(START + text('a').repeat(10)));
    const { usage, estimated } = meter.end(false);
    expect([usage?.input, usage?.cacheRead, estimated]).toEqual([8, 100, true]);
    expect(usage?.output).toBeGreaterThan(10);
  });

  test('that is cut off behind its last number is that number', () => {
    const meter = new StreamMeter();
    meter.write(Buffer.from(STREAM));
    expect(meter.end(false)).toMatchObject({ usage: MEASURED, estimated: false });
  });

  test('without a beginning is not known', () => {
    const meter = new StreamMeter();
    meter.write(Buffer.from(text('usage')));
    expect(meter.end(true).usage).toBeNull();
  });
});

describe('the usage of a packed answer', () => {
  const message = JSON.stringify({ model: 'claude-haiku-5-5', usage: { input_tokens: 8, output_tokens: 42 } });
  test.each([
    ['gzip', gzipSync(message)],
    ['deflate', deflateSync(message)],
    ['br', brotliCompressSync(message)],
    ['identity', Buffer.from(message)],
  ] as const)('%s', async (encoding, bytes) => {
    const meter = decoded(new MessageMeter(), encoding);
    for (const byte of bytes) meter?.write(Buffer.from([byte]));
    expect((await meter?.end(true))?.usage).toEqual({ ...NO_USAGE, input: 8, output: 42 });
  });

  test('a damaged one is not known, an encoding that is not known has no meter', async () => {
    const meter = decoded(new MessageMeter(), 'gzip');
    meter?.write(Buffer.from('this is not gzip'));
    expect((await meter?.end(true))?.usage).toBeNull();
    expect(decoded(new MessageMeter(), 'zstd')).toBeNull();
  });
});

test('the usage of a batch is that of each of its messages, at half the price', () => {
  const meter = new ResultsMeter();
  const usage = { input_tokens: 1_000_000, output_tokens: 0 };
  const line = JSON.stringify({
    custom_id: 'a',
    result: { type: 'succeeded', message: { model: 'claude-haiku-4-5', usage } },
  });
  const failed = JSON.stringify({ custom_id: 'b', result: { type: 'errored', error: { message: '"usage"' } } });
  meter.write(Buffer.from(`${line}\n${failed}\n${line.slice(0, 50)}`));
  meter.write(Buffer.from(`${line.slice(50)}\n`));
  expect(meter.total()).toEqual({ tokens: 2_000_000, nanos: 1e9 });
});

describe('a name that stands twice', () => {
  test.each([
    ['{"model":"a","model":"b"}', true],
    ['{"model":"a","messages":[{"model":"b"}]}', false],
    ['{"mod\\u0065l":"a","model":"b"}', true],
    ['{"a":"\\u00e9","model":"b"}', false],
    ['{"a":{"model":1,"x":[{"model":2,"model":3}]}}', true],
    ['{"model":"a","text":"\\"model\\":\\"b\\"\\\\"}', false],
    ['{"model":"\\"","b":"\\\\","model":"c"}', true],
    ['{"tools":[{"name":"model","x":"model"},{"model":["model","model"]}]}', false],
    ['{"a":[],"model":{},"b":[{},{"model":1}],"model":2}', true],
    ['{"__proto__":{"model":1},"model":2}', false],
  ])('%s: %s', (json, expected) => {
    JSON.parse(json);
    const found = [json, Buffer.from(json)].map((searched) => hasDuplicateNames(json, searched));
    expect(found).toEqual([expected, expected]);
  });
});

describe('the guard of the key', () => {
  const KEY = 'sk-ant-api03-abcabcabd';
  const through = (pieces: readonly string[]) => {
    const guard = new KeyGuard(KEY);
    let passed = '';
    for (const piece of pieces) {
      const some = guard.pass(Buffer.from(piece));
      if (some === null) return { passed, cut: true };
      passed += some.toString();
    }
    return { passed: passed + guard.rest().toString(), cut: false };
  };

  test.each([1, 2, 3, 5, 21, 22, 23, 100])(
    'cuts the key off in pieces of %d, and passes what only looks like it',
    (size) => {
      const split = (all: string) => all.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const like = `sss sk-ant-api03-abcabcabc ${KEY.slice(0, -1)}s\n\n`;
      expect(through(split(like))).toEqual({ passed: like, cut: false });
      const { passed, cut } = through(split(`before ${KEY} after`));
      expect([cut, 'before '.startsWith(passed)]).toEqual([true, true]);
    },
  );

  test('holds nothing back of an event that has ended', () => {
    expect(new KeyGuard(KEY).pass(Buffer.from('data: sk-\n\n'))?.toString()).toBe('data: sk-\n\n');
  });
});
