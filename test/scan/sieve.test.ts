import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Anchor, makeAnchors } from '../../src/scan/detect/anchors.ts';
import { forEachAnchor, type Stretch, searchable } from '../../src/scan/detect/sieve.ts';

const ANCHORS = makeAnchors();
const LONGEST = Math.max(...ANCHORS.map(({ bytes }) => bytes.length));

function found(bytes: Buffer, stretch: Stretch): [number, string][] {
  const places: [number, string][] = [];
  forEachAnchor(bytes, stretch, (at, anchor) => places.push([at, anchor.bytes]));
  return places;
}

/** The same, written so that it is plainly right. */
function expected(bytes: Buffer, { from, limit, to }: Stretch): [number, string][] {
  const places: [number, string][] = [];
  for (let at = from; at < limit; at += 1) {
    const text = bytes.toString('latin1', at, Math.min(to, at + LONGEST));
    for (const anchor of ANCHORS) if (text.startsWith(anchor.bytes)) places.push([at, anchor.bytes]);
  }
  return places;
}

const fast = searchable(4_096);

function anyAnchor(): string {
  return (ANCHORS[randomInt(ANCHORS.length)] as Anchor).bytes;
}

describe('the search for anchors', () => {
  test('every one has the six bytes by which it is searched for', () => {
    expect(ANCHORS.filter(({ bytes }) => bytes.length < 6)).toEqual([]);
  });

  test('each is found at each offset of a word, at the beginning, within and at the end, of whatever is in between', () => {
    for (const { bytes } of ANCHORS) {
      for (let before = 0; before < 8; before += 1) {
        const text = Buffer.from(`${'.'.repeat(before)}${bytes}${'.'.repeat(before * 5)}${bytes}`, 'latin1');
        const stretch = { from: 0, limit: text.length, to: text.length };
        expect(found(text, stretch)).toEqual(expected(text, stretch));
      }
    }
  });

  test('it finds what a plain search does, in any stretch of any part of a buffer, whole and cut anchors alike', () => {
    for (let turn = 0; turn < 3_000; turn += 1) {
      const pieces = Array.from({ length: 12 }, () =>
        randomInt(3) === 0 ? randomBytes(randomInt(20)).toString('latin1') : anyAnchor().slice(0, randomInt(4, 20)),
      );
      const all = Buffer.from(pieces.join(''), 'latin1');
      const bytes = all.subarray(randomInt(5), all.length - randomInt(5));
      const to = randomInt(bytes.length + 1);
      const limit = randomInt(to + 1);
      const stretch = { from: randomInt(limit + 1), limit, to };
      const places = expected(bytes, stretch);
      expect(found(bytes, stretch)).toEqual(places);
      fast.fill(0xff).set(bytes, turn % 7);
      expect(found(fast.subarray(turn % 7, (turn % 7) + bytes.length), stretch)).toEqual(places);
    }
  });

  test('a megabyte of anything is searched to its end, in WebAssembly too', () => {
    expect(fast.buffer).toBeInstanceOf(ArrayBuffer);
    expect(fast.buffer.byteLength).toBeGreaterThan(fast.length);
    const large = searchable(1_048_576);
    for (const at of [0, 1_048_569, 500_001]) {
      large.fill('sk-and-ant_api0 min ort 01-').write('sk-ant', at);
      expect(found(large, { from: 0, limit: large.length, to: large.length })).toEqual([[at, 'sk-ant']]);
    }
  });
});
