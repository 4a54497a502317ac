import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditLines, logFiles } from '../../src/audit/read.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { self } from '../../src/files/ticket.ts';
import { temporaryFolder } from '../support/host.ts';
import { add, filesIn } from './scene.ts';

const LINES = 40;
/** So that the log has several parts. */
const PART = 4_000;

async function log(lines = LINES, part = PART) {
  const folder = temporaryFolder();
  const files = filesIn(folder);
  for (let number = 1; number <= lines; number += 1) await add(files, `key-${number}`, part);
  const verify = () => verifyLog(files, self());
  return { folder, files, verify };
}

describe('a log that nobody touched', () => {
  test('is intact, over all of its parts', async () => {
    const { folder, files, verify } = await log();
    expect(readdirSync(folder).filter((name) => /^audit\.\d+\.jsonl$/.test(name)).length).toBeGreaterThan(2);
    expect(await verify()).toMatchObject({ lines: LINES, healed: false, problems: [] });
    const seqs = [...auditLines(files)].map(({ seq, key }) => [seq, key]);
    expect(seqs).toEqual(Array.from({ length: LINES }, (_, at) => [at + 1, `key-${at + 1}`]));
  });

  test('is intact before its first line', async () => {
    expect(await verifyLog(filesIn(temporaryFolder()), self())).toMatchObject({ lines: 0, problems: [] });
  });
});

describe('a log that was touched', () => {
  /** mulberry32: the same thousand every time. */
  function random(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) % below;
    };
  }

  const KINDS = ['edit', 'remove', 'swap', 'insert', 'repeat', 'cut', 'cut-bytes', 'renumber', 'drop-part'] as const;

  /** Changes the text of one file of the log, in one of these ways; null removes the file. */
  function damage(kind: (typeof KINDS)[number], text: string, below: (limit: number) => number): string | null {
    const lines = text.split('\n').slice(0, -1);
    const at = below(lines.length);
    const line = lines[at] ?? '';
    switch (kind) {
      case 'edit': {
        const place = below(text.length);
        const old = text.charCodeAt(place);
        return text.slice(0, place) + String.fromCharCode(old === 0x78 ? 0x79 : 0x78) + text.slice(place + 1);
      }
      case 'remove':
        return joined(lines.toSpliced(at, 1 + below(lines.length - at)));
      case 'swap': {
        const other = (at + 1 + below(lines.length - 1)) % lines.length;
        return joined(lines.with(at, lines[other] ?? '').with(other, line));
      }
      case 'insert':
        return joined(
          lines.toSpliced(below(lines.length + 1), 0, ['', '{}', line, line.replace('bash', 'zsh')][below(4)] ?? ''),
        );
      case 'repeat':
        return joined([...lines, line]);
      case 'cut':
        return joined(lines.slice(0, at));
      case 'cut-bytes':
        return text.slice(0, below(text.length));
      case 'renumber':
        return joined(lines.with(at, line.replace(/"seq":\d+/, `"seq":${1_000 + below(1_000)}`)));
      case 'drop-part':
        return null;
    }
  }

  const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

  test('tells every one of 1,000 random edits, removals, swaps and insertions', { timeout: 120_000 }, async () => {
    const { files, verify } = await log();
    const pristine = logFiles(files).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
    const below = random(20261124);
    const missed: string[] = [];
    for (let round = 0; round < 1_000; round += 1) {
      const kind = KINDS[round % KINDS.length] ?? 'edit';
      const { file, text } = pristine[below(pristine.length)] ?? { file: '', text: '' };
      const damaged = damage(kind, text, below);
      if (damaged === null) rmSync(file);
      else writeFileSync(file, damaged);
      if (damaged !== text && (await verify()).problems.length === 0) missed.push(`${round}: ${kind} in ${file}`);
      writeFileSync(file, text);
    }
    expect(missed).toEqual([]);
    expect((await verify()).problems).toEqual([]);
  });

  test('says where, and what is missing', async () => {
    const { files, verify } = await log(5, 1e9);
    const lines = readFileSync(files.log, 'utf8').split('\n');
    writeFileSync(files.log, lines.toSpliced(1, 2).join('\n'));
    expect((await verify()).problems).toEqual([
      { file: 'audit.jsonl', line: 2, message: 'is line 4 where 2 belongs: what was between them was removed' },
    ]);
  });

  test('goes on from its true end, so that what was removed stays found', async () => {
    const { files, verify } = await log(5, 1e9);
    const text = readFileSync(files.log, 'utf8');
    truncateSync(files.log, text.slice(0, -1).lastIndexOf('\n') + 1);
    await add(files, 'later');
    expect((await verify()).problems).toMatchObject([
      { line: 5, message: expect.stringContaining('is line 6 where 5') },
    ]);
  });

  test('an older head does not fit', async () => {
    const { files, verify } = await log(5, 1e9);
    const old = readFileSync(files.head);
    await add(files, 'later');
    writeFileSync(files.head, old);
    expect((await verify()).problems).toHaveLength(1);
  });

  test.each([
    ['without its head, says that the end is not known', (head: string) => rmSync(head)],
    ['with a head that is none', (head: string) => writeFileSync(head, 'nothing')],
  ])('%s', { timeout: 20_000 }, async (_, harm) => {
    const { files, verify } = await log(3, 1e9);
    harm(files.head);
    expect((await verify()).problems.length).toBeGreaterThan(0);
    await add(files, 'later');
    const { lines, problems } = await verify();
    expect(lines).toBe(5);
    expect(problems).toEqual([
      { file: 'audit.jsonl', line: 4, message: expect.stringContaining('head of the log was missing') },
    ]);
  });

  test('all lines gone, the head remembers them', async () => {
    const { folder, files, verify } = await log(3, 1e9);
    mkdirSync(join(folder, 'away'));
    renameSync(files.log, join(folder, 'away', 'audit.jsonl'));
    expect((await verify()).problems).toMatchObject([{ message: 'lines 1 to 3 are missing at the end' }]);
  });
});
