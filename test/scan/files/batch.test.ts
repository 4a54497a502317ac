import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileReader } from '../../../src/scan/files/batch.ts';
import { makeKey } from '../../support/secrets.ts';

/** Small files are searched together: each must stay a text of its own. */
describe('files that are read together', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'claude-keys-files-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** In one reading, by the files' places in the list. */
  async function read(contents: readonly (string | Buffer | null)[]) {
    const paths = contents.map((content, at) => {
      const path = join(folder, `${at}`);
      if (content !== null) writeFileSync(path, content);
      return path;
    });
    const { files, bytes, found, skipped } = await new FileReader().read(paths);
    const hits = found.flatMap(({ path, member, hits }) =>
      hits.map(({ value, line, column }) => [paths.indexOf(String(path)), member, value, line, column]),
    );
    return { files, bytes, hits: hits.sort(([a], [b]) => Number(a) - Number(b)), skipped };
  }

  test('a key that begins in one file and ends in the next is none', async () => {
    const key = makeKey();
    const halves = [key.slice(0, 40), key.slice(40)];
    expect((await read([...halves, '', ...halves])).hits).toEqual([]);
  });

  test('every find is told with its own file, line and column; what is gone is passed over', async () => {
    const [a, b, c] = [makeKey(), makeKey(), makeKey()];
    const { files, bytes, hits } = await read([`${a}`, 'nothing\n', `\n\n x${a} ${b}`, '', null, 'sk-ant-', `\n${c}`]);
    expect(hits).toEqual([
      [0, null, a, 1, 1],
      [2, null, a, 3, 3],
      [2, null, b, 3, 4 + a.length],
      [6, null, c, 2, 1],
    ]);
    expect([files, bytes]).toEqual([6, 2 * a.length + b.length + c.length + 'nothing\n\n\n x sk-ant-\n'.length]);
  });

  test('a packed file among them is opened, and one of another known format is told', async () => {
    const [a, b, c] = [makeKey(), makeKey(), makeKey()];
    const { hits, skipped } = await read([a, gzipSync(b), 'x', `BZh${c}`, `P ${a}`, `# ${a}`]);
    expect(hits).toEqual([
      [0, null, a, 1, 1],
      [1, '', b, 1, 1],
      [3, null, c, 1, 4],
      [4, null, a, 1, 3],
      [5, null, a, 1, 3],
    ]);
    expect(skipped).toMatchObject([{ path: join(folder, '3'), failed: false, why: expect.stringContaining('bzip2') }]);
  });

  const lengths = [65_536, 196_608, 262_144, 1_048_576].flatMap((edge) => [edge - 1, edge, edge + 1]);
  test.each([0, 1, 65_535, 131_072, 196_608, 196_609])(
    'files of every length around an edge, behind one of %i bytes: keys at both ends',
    async (before) => {
      const filler = (length: number) => Buffer.alloc(length, 'text ');
      const [first, last, next] = [makeKey(), makeKey(), makeKey()];
      for (const length of lengths) {
        const text = filler(length);
        text.write(`${first} `);
        text.write(` ${last}`, length - 1 - last.length);
        const { bytes, hits, skipped } = await read([filler(before), text, next]);
        expect({ bytes, hits, skipped }).toEqual({
          bytes: before + length + next.length,
          hits: [
            [1, null, first, 1, 1],
            [1, null, last, 1, length - last.length + 1],
            [2, null, next, 1, 1],
          ],
          skipped: [],
        });
      }
    },
  );
});
