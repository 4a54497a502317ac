import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { ObjectTable, prefixIn, prefixOf } from '../../../src/scan/git/object-table.ts';

const makeId = () => randomBytes(20).toString('hex');

test('an id counts by its first 64 bits, in a string as in bytes', () => {
  for (const id of ['0'.repeat(40), 'f'.repeat(40), '0123456789abcdef'.repeat(4), makeId()]) {
    const [high, low] = [Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8, 16), 16)];
    expect(prefixOf(id)).toEqual({ high, low });
    expect(prefixIn(Buffer.from(`tree ${id}\n`), 5)).toEqual({ high, low });
  }
});

test('says what is missing, not reached and clean, in whatever order it is told', () => {
  const kinds = {
    missing: { reach: true },
    lostTree: { list: true, tree: true },
    tree: { list: true, reach: true, tree: true },
    lostBlob: { list: true, search: false },
    clean: { list: true, reach: true, search: false },
    leaky: { list: true, reach: true, search: true },
  } as const;
  const count = 40_000;
  const objects = Array.from({ length: count }, () =>
    Object.entries(kinds).map(([kind, told]) => ({ kind, object: prefixOf(makeId()), told })),
  ).flat();
  const table = new ObjectTable();
  const steps = objects.flatMap(({ object, told }) => [
    ...('list' in told ? [() => table.list(object, 'tree' in told)] : []),
    ...('reach' in told ? [() => table.reach(object), () => table.reach(object)] : []),
    ...('search' in told ? [() => table.search(object, told.search)] : []),
  ]);
  for (let at = steps.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [steps[at], steps[other]] = [steps[other] as () => void, steps[at] as () => void];
  }
  for (const step of steps) step();
  expect([table.missing, table.unreachedTrees]).toEqual([count, count]);
  for (const { kind, object, told } of objects) {
    if (table.isReached(object) !== 'reach' in told) expect(kind).toBe('reached');
    if (table.isClean(object) !== ('search' in told && !told.search)) expect(kind).toBe('clean');
    if (table.reach(object) !== table.isClean(object)) expect(kind).toBe('clean when it is reached');
  }
});

test('with more objects than it has room for it knows nothing', () => {
  const table = new ObjectTable(100);
  const ids = Array.from({ length: 101 }, () => prefixOf(makeId()));
  for (const id of ids.slice(0, 100)) table.search(id, false);
  expect([table.missing, table.isClean(ids[0] as (typeof ids)[0])]).toEqual([0, true]);
  table.reach(ids[100] as (typeof ids)[0]);
  for (const id of ids) {
    table.list(id, true);
    table.search(id, false);
    expect([table.isClean(id), table.isReached(id)]).toEqual([false, false]);
  }
  expect([table.missing, table.unreachedTrees]).toEqual([Infinity, Infinity]);
});
