import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Journal, type JournalOptions } from '../../src/limits/journal.ts';
import { Limiter } from '../../src/limits/limiter.ts';
import { childScript } from '../support/child.ts';
import { temporaryFolder } from '../support/host.ts';

const MANY = Number.MAX_SAFE_INTEGER;

const open = (folder: string, options?: JournalOptions) => Journal.open(join(folder, 'counters'), options);
const files = (folder: string) => readdirSync(folder).filter((name) => /^counters\.\d+$/.test(name));

describe('counters in a journal', () => {
  test('count up to a limit, and what does not fit changes nothing', async () => {
    const journal = await open(temporaryFolder());
    expect((await journal.add('a', 6, 60, 10)).value).toBe(6);
    expect((await journal.add('a', 5, 60, 10)).value).toBe(11);
    expect((await journal.get('a'))?.value).toBe(6);
    expect((await journal.add('a', 4, 60, 10)).value).toBe(10);
    expect((await journal.add('a', -3, 60, MANY)).value).toBe(7);
  });

  test('end by themselves; what is not there cannot be lowered', async () => {
    let now = 1_000_000;
    const journal = await open(temporaryFolder(), { now: () => now });
    expect(await journal.add('a', 3, 60, 10)).toEqual({ value: 3, msLeft: 60_000 });
    now += 59_999;
    expect(await journal.add('a', 1, 60, 10)).toEqual({ value: 4, msLeft: 1 });
    now += 1;
    expect(await journal.get('a')).toBeNull();
    expect(await journal.add('a', -1, 60, 10)).toEqual({ value: 0, msLeft: 0 });
    expect(await journal.add('a', 2, 60, 10)).toEqual({ value: 2, msLeft: 60_000 });
  });

  test('are there again when the file is opened anew, and are readable by their owner alone', async () => {
    const folder = temporaryFolder();
    await (await open(folder)).add('a', 6, 60, 10);
    expect((await (await open(folder)).get('a'))?.value).toBe(6);
    expect(statSync(join(folder, 'counters.1')).mode & 0o777).toBe(0o600);
  });

  test('go on in a new file when the old one has grown, and the old one goes', async () => {
    const folder = temporaryFolder();
    const journal = await open(folder, { maxBytes: 1_000 });
    const other = await open(folder, { maxBytes: 1_000 });
    for (let turn = 1; turn <= 300; turn += 1) {
      const who = turn % 3 === 0 ? other : journal;
      expect((await who.add(`key-${turn % 5}`, 1, 3_600, MANY)).value).toBe(Math.ceil(turn / 5));
    }
    const [file = '', ...rest] = files(folder);
    expect(rest).toEqual([]);
    expect(Number(file.split('.')[1])).toBeGreaterThan(5);
    expect((await other.get('key-1'))?.value).toBe(60);
  });

  test('of which there are more than a file may have do not move at every change', async () => {
    const folder = temporaryFolder();
    const journal = await open(folder, { maxBytes: 1_000 });
    for (let key = 0; key < 200; key += 1) await journal.add(`key-${key}`, 1, 3_600, MANY);
    const before = Number(files(folder)[0]?.split('.')[1]);
    for (let turn = 0; turn < 10; turn += 1) await journal.add('key-1', 1, 3_600, MANY);
    expect(Number(files(folder)[0]?.split('.')[1])).toBeLessThanOrEqual(before + 1);
  });

  test('are what was there when a process was killed between the end of a file and the next one', async () => {
    const folder = temporaryFolder();
    await (await open(folder)).add('a', 6, 60, 10);
    appendFileSync(join(folder, 'counters.1'), '>\n');
    const journal = await open(folder);
    expect((await journal.add('a', 1, 60, 10)).value).toBe(7);
    expect(files(folder)).toEqual(['counters.2']);
  });

  test('pass over a line that was cut off and everything behind the end of a file', async () => {
    const folder = temporaryFolder();
    const live = Date.now() + 60_000;
    writeFileSync(
      join(folder, 'counters.1'),
      `= 4 ${live} a\n+ dead.1 12 3\ngarbage\n>\n= 9 ${live} a\n+ x.1 1 1 1 9 a\n`,
    );
    expect((await (await open(folder)).get('a'))?.value).toBe(4);
  });
});

describe('several processes', () => {
  const child = childScript(new URL('journal-child.ts', import.meta.url));

  test('take from one limit together exactly what is in it', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'counters');
    const ends = await Promise.all([1, 2, 3].map(() => child([file, '999', '3', 'once']).ended));
    expect(ends.map(({ stderr }) => stderr)).toEqual(['', '', '']);
    const taken = ends.map(({ stdout }) => Number(stdout.trim()));
    expect(taken.reduce((sum, each) => sum + each)).toBe(333);
  });

  test('one that is killed has lost nothing that it had counted', { timeout: 60_000 }, async () => {
    const file = join(temporaryFolder(), 'counters');
    let counted = 0;
    for (let round = 0; round < 5; round += 1) {
      const { process: victim, line, ended } = child([file, '1000000000', '1', 'forever']);
      let last = 0;
      for (let lines = 0; lines < 40 * (round + 1); lines += 1) last = Number(await line());
      victim.kill('SIGKILL');
      const { stdout } = await ended;
      counted += Math.max(last, Number(stdout.trim().split('\n').at(-1) ?? 0));
    }
    const journal = await Journal.open(file);
    const used = await new Limiter(journal).used({ key: 'shared', most: 1, seconds: 60 });
    expect(used).toBeGreaterThanOrEqual(counted);
    // At most one for each kill: counted, and killed before it could say so.
    expect(used).toBeLessThanOrEqual(counted + 5);
    expect(readFileSync(`${file}.${files(join(file, '..'))[0]?.split('.')[1]}`, 'utf8')).not.toBe('');
  });
});
