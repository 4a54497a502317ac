import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Findings } from '../../../src/scan/findings.ts';
import type { ObjectType } from '../../../src/scan/git/batch-reader.ts';
import { LogParser } from '../../../src/scan/git/log.ts';
import { ObjectTable, prefixOf } from '../../../src/scan/git/object-table.ts';
import { Search } from '../../../src/scan/git/search.ts';
import { Walk } from '../../../src/scan/git/walk.ts';
import type { Hit } from '../../../src/scan/hit.ts';
import { Session } from '../../../src/scan/session.ts';
import { temporaryFolder } from '../../support/host.ts';
import { requireTools } from '../../support/require.ts';
import { git } from '../git-places.ts';

describe.skipIf(!requireTools('git'))('a walk beside the search', () => {
  const LOG = [
    'log',
    '--format=tformat:%x01%H%x01%T%x01%S%x01%aI%x01%an <%ae>',
    '--raw',
    '-z',
    '--no-abbrev',
    '--root',
    '-t',
  ];

  /** Commits of three files each. */
  function world(commits: number) {
    const root = temporaryFolder();
    git(root, ['init', '-q', '-b', 'main']);
    for (let at = 0; at < commits; at += 1) {
      for (const name of ['a', 'b', 'c']) writeFileSync(join(root, `${at}${name}`), `${at}${name}`);
      git(root, ['add', '-A']);
      git(root, ['commit', '-q', '-m', `${at}`]);
    }
    const table = new ObjectTable();
    const search = new Search(new Session({ cwd: root }, new Findings(() => false, 'low')), table);
    const idOf = (what: string) => git(root, ['rev-parse', what]);
    const hits = [{ value: 'x' } as Hit];
    const searched = (what: string, holds: boolean, type: ObjectType = 'blob') =>
      search.onObject(idOf(what), type, 1, holds ? hits : [], false);
    const searchFiles = (finds: readonly string[]) => {
      for (let at = 0; at < commits; at += 1)
        for (const name of ['a', 'b', 'c']) searched(`HEAD:${at}${name}`, finds.includes(`${at}${name}`));
    };
    const placesOf = (walk: Walk) =>
      walk.take().map(({ id, commit, path }) => {
        expect(id).toBe(path === null ? commit.id : idOf(`HEAD:${path}`));
        return [git(root, ['log', '-1', '--format=%s', commit.id]), path];
      });
    return { root, table, search, idOf, searched, searchFiles, placesOf };
  }

  test('waits for the search when it holds too much, and then keeps what holds a find, the newest first', async () => {
    const { root, table, search, idOf, searched, searchFiles, placesOf } = world(4);
    const walk = new Walk(table, search, 1);
    let hasEnded = false;
    const following = walk.follow({ env: process.env }, { folder: root }, ['--all']).then((how) => {
      hasEnded = true;
      return how;
    });
    await setTimeout(100);
    expect(hasEnded).toBe(false);
    searchFiles(['1b', '3a', '3c']);
    searched('HEAD~1', true, 'commit');
    search.finish();
    expect(await following).toMatchObject({ code: 0 });
    expect(placesOf(walk)).toEqual([
      ['3', '3a'],
      ['3', '3c'],
      ['2', null],
      ['1', '1b'],
    ]);
    for (const what of ['HEAD', 'HEAD~3', 'HEAD^{tree}', 'HEAD~3^{tree}', 'HEAD:0a', 'HEAD:3c'])
      expect(table.isReached(prefixOf(idOf(what)))).toBe(true);
  });

  test.each([1, 2, 50, 97, 300, 1_000])('however it is cut and let go between: %i bytes', async (length) => {
    const { root, table, search, searchFiles, placesOf } = world(5);
    const log = execFileSync('git', LOG, { cwd: root });
    const walk = new Walk(table, search, 1_000);
    const parser = new LogParser(walk);
    const begun: Promise<void>[] = [];
    for (let at = 0; at < log.length; at += length) {
      parser.write(log.subarray(at, at + length));
      begun.push(walk.onPause());
      if (at < log.length / 2 || search.hasEnded) continue;
      searchFiles(['0c', '2a', '4b']);
      search.finish();
    }
    search.finish();
    await Promise.all(begun);
    expect(placesOf(walk)).toEqual([
      ['4', '4b'],
      ['2', '2a'],
      ['0', '0c'],
    ]);
  });

  test('holds nothing of what was searched before and is clean', async () => {
    const { root, table, search, searched, searchFiles, placesOf } = world(3);
    searchFiles(['2c']);
    for (const what of ['HEAD', 'HEAD~1', 'HEAD~2']) searched(what, false, 'commit');
    // It would wait without end.
    const walk = new Walk(table, search, 600);
    expect(await walk.follow({ env: process.env }, { folder: root }, ['--all'])).toMatchObject({ code: 0 });
    search.finish();
    expect(placesOf(walk)).toEqual([['2', '2c']]);
  });
});
