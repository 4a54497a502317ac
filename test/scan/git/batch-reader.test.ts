import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BatchReader, type ObjectType } from '../../../src/scan/git/batch-reader.ts';
import { makeKey } from '../../support/secrets.ts';

interface Told {
  readonly id: string;
  readonly type: ObjectType | 'missing';
  readonly size: number;
  readonly values: readonly string[];
  readonly places: readonly number[];
  readonly isPacked: boolean;
}

function read(pieces: Iterable<Buffer>): { told: Told[]; cut: string[] } {
  const told: Told[] = [];
  const cut: string[] = [];
  const reader = new BatchReader({
    onObject: (id, type, size, hits, isPacked) =>
      told.push({
        id,
        type,
        size,
        values: hits.map((hit) => hit.value),
        places: hits.map((hit) => hit.line),
        isPacked,
      }),
    onMissing: (id) => told.push({ id, type: 'missing', size: 0, values: [], places: [], isPacked: false }),
    onCut: (id) => cut.push(id),
    isOver: () => false,
  });
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return { told, cut };
}

const makeId = () => randomBytes(20).toString('hex');

function written(id: string, type: ObjectType, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from(`${id} ${type} ${bytes.length}\n`), bytes, Buffer.from('\n')]);
}

function* cutUp(bytes: Buffer, length: () => number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + length());
    yield bytes.subarray(at, end);
    at = end;
  }
}

const LENGTHS: [string, () => number][] = [
  ['one byte', () => 1],
  ['7 bytes', () => 7],
  ['64 KB', () => 65_536],
  ['a block', () => 1_048_576],
  ['any length', () => randomInt(1, 30_000)],
];

describe('what git cat-file --batch writes', () => {
  const key = makeKey();
  const half = key.slice(0, 50);
  const objects: [type: ObjectType | 'missing', content: string | Buffer, values: string[], lines: number[]][] = [
    ['blob', '', [], []],
    ['blob', 'clean\n', [], []],
    ['commit', `tree 1\n\n${key}\n`, [key], [3]],
    ['missing', '', [], []],
    ['blob', `\n\n${key}`, [key], [3]],
    // The halves of a key in two objects are no key.
    ['blob', half, [], []],
    ['tag', key.slice(50), [], []],
    ['blob', Buffer.from('PK\u0003\u0004and so on'), [], []],
    ['blob', `${'x'.repeat(300)}ustar${'x'.repeat(300)}`, [], []],
    ['blob', `${'clean\n'.repeat(400_000)}${key}`, [key], [400_001]],
    ['blob', Buffer.alloc(3_000_000, 10), [], []],
    ['blob', key, [key], [1]],
  ];
  const ids = objects.map(makeId);
  const bytes = Buffer.concat(
    objects.map(([type, content], at) =>
      type === 'missing' ? Buffer.from(`${ids[at]} missing\n`) : written(ids[at] as string, type, content),
    ),
  );
  const expected = objects.map(([type, content, values, places], at) => {
    const isPacked = content.toString('latin1').startsWith('PK\u0003\u0004');
    return { id: ids[at], type, size: content.length, values, places, isPacked };
  });

  test.each(LENGTHS)('each object is a text of its own, in pieces of %s', (_, length) => {
    expect(read(cutUp(bytes, length)).told).toEqual(expected);
  });

  test('objects around the edges of a block, with a key at their beginning and end', () => {
    for (const around of [1_048_576 - 200, 1_048_576 - 60, 1_048_576 - 1, 1_048_576, 1_048_577]) {
      const many = [written(makeId(), 'blob', Buffer.alloc(around, 46)), written(makeId(), 'blob', `${key}\n${half}`)];
      const { told } = read(cutUp(Buffer.concat(many), () => 65_536));
      expect(told.map(({ size, values }) => [size, values])).toEqual([
        [around, []],
        [key.length + 51, [key]],
      ]);
    }
  });

  test('10,000 objects of any size', () => {
    const some = Array.from({ length: 10_000 }, () => {
      const holds = randomInt(50) === 0;
      const filling = '-'.repeat(randomInt(500));
      return { id: makeId(), content: holds ? `${filling}\n${key}\n` : filling, values: holds ? [key] : [] };
    });
    const all = Buffer.concat(some.map(({ id, content }) => written(id, 'blob', content)));
    const { told } = read(cutUp(all, () => randomInt(1, 100_000)));
    expect(told.map(({ id, values }) => ({ id, values }))).toEqual(some.map(({ id, values }) => ({ id, values })));
  });

  test('what git would not write is refused', () => {
    expect(() => read([Buffer.alloc(2_000_000, 46)])).toThrow('no header');
    expect(() => read([Buffer.alloc(300, 46)])).toThrow('no header');
  });

  test('what is made to be decoded without end is told, in a small and in a large object', () => {
    const bomb = Buffer.from('c2stYW50L'.repeat(200_000));
    const [small, large] = [makeId(), makeId()];
    const { cut } = read([written(small, 'blob', bomb.subarray(0, 900_000)), written(large, 'blob', bomb)]);
    expect(cut).toEqual([small, large]);
  });
});
