import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { findIn } from '../../src/scan/detect/index.ts';
import { Scanner } from '../../src/scan/scanner.ts';
import { makeKey } from '../support/secrets.ts';
import { type Case, corpus } from './corpus.ts';

const ROUNDS = 5;
const CASES = Array.from({ length: ROUNDS }, corpus).flat();

/** Found with its whole value, and nothing else above low confidence. */
function isRight({ content, value }: Case): boolean {
  const sure = findIn(content).filter(({ confidence }) => confidence !== 'low');
  return value === null ? sure.length === 0 : sure.length === 1 && sure[0]?.value === value;
}

describe('the corpus', () => {
  test('is what the issue asks for', () => {
    expect(corpus().length).toBeGreaterThanOrEqual(150);
  });

  test('plain text: each credential, and nothing that is none', () => {
    const wrong = CASES.filter(({ group }) => group !== 'encoded').filter((each) => !isRight(each));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('encoded, split and packed ones: nine of ten at least', () => {
    const encoded = CASES.filter(({ group }) => group === 'encoded');
    const wrong = encoded.filter((each) => !isRight(each));
    expect(wrong.length / encoded.length, wrong.map(({ name }) => name).join(', ')).toBeLessThanOrEqual(0.05);
  });

  test('tells how it is written', () => {
    const byName = new Map(corpus().map(({ name, content }) => [name, findIn(content)[0]?.encoding]));
    expect(byName.get('utf-16')).toBe('utf-16le');
    expect(byName.get('base64 of base64 of gzip')).toBe('base64+base64+gzip');
    expect(byName.get('plus over lines')).toBe('split');
    expect(byName.get('yaml flow')).toBeUndefined();
  });

  test('a dash at both ends of a line belongs to the key', () => {
    const key = `${makeKey().slice(0, 50)}--${makeKey('').slice(39)}`;
    for (const text of [`${key.slice(0, 50)}=\r\n${key.slice(50)}`, `${key.slice(0, 51)}\n${key.slice(51)}`])
      expect(findIn(Buffer.from(text))).toMatchObject([{ value: key, confidence: 'high' }]);
  });

  test('a token without a length of its own that is cut in pieces is found whole', () => {
    const token = makeKey('sk-ant-oat01-');
    const finds = findIn(Buffer.from(`'${token.slice(0, 70)}' +\n  '${token.slice(70)}'`));
    expect(finds).toMatchObject([{ value: token, kind: 'oauth' }]);
  });

  test('the form of the documents is worth a line of low confidence', () => {
    expect(findIn(Buffer.from('key: sk-ant-api01-abc123def456'))).toMatchObject([{ confidence: 'low', kind: 'api' }]);
  });

  test('of 20,000 random keys none is dropped or doubted', () => {
    const keys = Array.from({ length: 20_000 }, () => makeKey());
    const finds = findIn(Buffer.from(keys.join('\n')));
    expect(finds.map(({ value }) => value)).toEqual(keys);
    expect(finds.filter(({ confidence }) => confidence !== 'high').length).toBeLessThanOrEqual(5);
  });
});

describe('the pieces of a text', () => {
  /** Small enough that every edge is near: what is searched at once is 16 kB, and half of that is held back. */
  const CAPACITY = 16_384;

  test.each(['plain', 'base64', 'utf-16', 'over lines'])('a key at any offset around an edge: %s', (way) => {
    const key = makeKey();
    const text =
      way === 'base64'
        ? Buffer.from(Buffer.from(`k:${key}`).toString('base64'))
        : way === 'utf-16'
          ? Buffer.from(key, 'utf16le')
          : Buffer.from(way === 'plain' ? key : `"${key.slice(0, 50)}" +\n  "${key.slice(50)}"`);
    const scanner = new Scanner(CAPACITY);
    const before = Buffer.alloc(60_000, 'some text. ');
    const missed: number[] = [];
    for (let offset = 7_000; offset < 34_000; offset += way === 'plain' ? 3 : 7) {
      scanner.write(before.subarray(0, offset));
      scanner.write(text);
      scanner.write(before.subarray(0, 20_000));
      const hits = scanner.end();
      if (hits.length !== 1 || hits[0]?.value !== key) missed.push(offset);
    }
    expect(missed).toEqual([]);
  });

  test('lines and columns are those of the whole text, however it comes', () => {
    const keys = Array.from({ length: 40 }, () => makeKey());
    const lines = keys.flatMap((key, at) => ['é'.repeat(at * 40), `${'ü—'.repeat(at)}${key}`, 'x'.repeat(900)]);
    const bytes = Buffer.from(lines.join('\n'));
    const scanner = new Scanner(CAPACITY);
    for (let at = 0; at < bytes.length; at += 777) scanner.write(bytes.subarray(at, at + 777));
    const expected = keys.map((value, at) => ({ value, line: 3 * at + 2, endLine: 3 * at + 2, column: 2 * at + 1 }));
    expect(scanner.end()).toMatchObject(expected);
  });
});

test.each(['c2stYW50L', 'H4sIAA', '73 6b 2d 61 6e 74', '115,107,45,97,', 'ant-api'])(
  'a text that is made to be decoded without end is given up, and that is told: %s',
  (anchor) => {
    const key = makeKey();
    const scanner = new Scanner();
    scanner.write(Buffer.from(anchor.repeat(Math.ceil(900_000 / anchor.length))));
    scanner.write(Buffer.from(` ${key}\n`));
    expect(scanner.end()).toMatchObject([{ value: key }]);
    expect(scanner.isCut).toBe(true);
    scanner.write(Buffer.from(key));
    scanner.end();
    expect(scanner.isCut).toBe(false);
  },
);

test('10,000 mutations of the corpus crash nothing and take no time', () => {
  const cases = corpus();
  for (let turn = 0; turn < 10_000; turn += 1) {
    const { content } = cases[turn % cases.length] as Case;
    const bytes = Buffer.concat([content, (cases[randomInt(cases.length)] as Case).content.subarray(0, 40)]);
    for (let change = 0; change < 4; change += 1) bytes[randomInt(bytes.length)] = randomInt(256);
    const cut = randomInt(bytes.length);
    for (const find of findIn(bytes.subarray(0, turn % 2 === 0 ? bytes.length : cut))) {
      expect(find.start).toBeGreaterThanOrEqual(0);
      expect(find.end).toBeGreaterThan(find.start);
      expect(find.value).toMatch(/^sk-ant-[\w.-]+$/);
    }
  }
});
