import { existsSync, linkSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { auditLines } from '../../src/audit/read.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { self } from '../../src/files/ticket.ts';
import { childScript } from '../support/child.ts';
import { temporaryFolder } from '../support/host.ts';
import { add, filesIn } from './scene.ts';

describe('writers at the same time', () => {
  const start = childScript(new URL('./writer-child.ts', import.meta.url));

  test('lose nothing and break no chain, also where the log is new and where a part is full', async () => {
    const folder = temporaryFolder();
    const children = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => start([folder, name, '60', '20000']));
    for (const { ended } of children) expect(await ended).toMatchObject({ code: 0, stderr: '' });
    expect(await verifyLog(filesIn(folder), self())).toMatchObject({ lines: 360, problems: [] });
    expect(new Set([...auditLines(filesIn(folder))].map(({ key }) => key)).size).toBe(360);
  });

  test('and killed at any moment: what was told is there, and the chain holds', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const told: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const children = ['a', 'b', 'c'].map((name) => start([folder, `${name}${round}`, '100000', '8000']));
      const first = children.map((child) => child.line());
      told.push(...(await Promise.all(first)).filter((line) => line !== null));
      await sleep(Math.random() * 30);
      for (const { process } of children) process.kill('SIGKILL');
      for (const { ended } of children) told.push(...(await ended).stdout.split('\n').filter(Boolean));
    }
    const verdict = await verifyLog(filesIn(folder), self());
    expect(verdict.problems).toEqual([]);
    const keys = new Set([...auditLines(filesIn(folder))].map(({ key }) => key));
    expect(told.filter((key) => /^[abc]\d+-\d+$/.test(key) && !keys.has(key))).toEqual([]);
    expect(keys.size).toBe(verdict.lines);
  });
});

describe('a writer that was killed', () => {
  /** The log as it is when its writer dies with the head in its hands. */
  async function scene() {
    const files = filesIn(temporaryFolder());
    for (const key of ['one', 'two', 'three']) await add(files, key);
    const lost = readFileSync(files.log, 'utf8').trimEnd().lastIndexOf('\n') + 1;
    const dead = JSON.stringify([{ ...self(), pid: 2 ** 22 + 1 }, 1]);
    renameSync(files.head, `${files.head}.held-${encodeURIComponent(dead)}`);
    return { files, lost, size: statSync(files.log).size, verify: () => verifyLog(files, self()) };
  }

  test('in the middle of its line: it is told and made whole, wherever it was cut off', async () => {
    const { lost, size } = await scene();
    for (const cut of [0, 1, 7, size - lost - 2, size - lost - 1]) {
      const { files, verify } = await scene();
      truncateSync(files.log, lost + cut);
      expect(await verify(), String(cut)).toMatchObject({ lines: 3, healed: true, problems: [] });
      expect(await verify(), String(cut)).toMatchObject({ lines: 3, healed: false, problems: [] });
    }
  });

  test('the next one makes it whole and goes on', async () => {
    const { files, lost, verify } = await scene();
    truncateSync(files.log, lost + 10);
    await add(files, 'four');
    expect(await verify()).toMatchObject({ lines: 4, healed: false, problems: [] });
  });

  test('is no excuse for what it did not do', async () => {
    const { files, lost, verify } = await scene();
    truncateSync(files.log, lost - 5);
    const { healed, problems } = await verify();
    expect([healed, problems.length > 0]).toEqual([false, true]);
  });

  test.each([
    ['before the full log got its new name', () => {}],
    ['before the new log was there', (log: string, part: string) => linkSync(log, part)],
  ])('%s: the next one ends it', async (_, before) => {
    const files = filesIn(temporaryFolder());
    for (const key of ['one', 'two']) await add(files, key);
    const head = JSON.parse(readFileSync(files.head, 'utf8'));
    const { claimHead } = await import('../../src/audit/waiting.ts');
    const claim = await claimHead(files, { ...self(), pid: 2 ** 22 + 1 });
    claim.save({ ...head, parts: 1, size: 0, line: '' });
    before(files.log, files.part(1));
    await add(files, 'three');
    expect(existsSync(files.part(1))).toBe(true);
    expect(await verifyLog(files, self())).toMatchObject({ lines: 3, problems: [] });
  });
});
