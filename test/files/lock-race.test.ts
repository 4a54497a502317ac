import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { temporaryFolder } from '../support/host.ts';

/**
 * A process can be suspended for any time between any two of its steps. Here it is suspended just before it links its
 * ticket, and `meanwhile` is what the others do then.
 */
let meanwhile: (() => void) | null = null;

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    linkSync: (from: string, to: string) => {
      const others = meanwhile;
      meanwhile = null;
      others?.();
      real.linkSync(from, to);
    },
  };
});

afterEach(() => {
  meanwhile = null;
});

async function scene() {
  const folder = temporaryFolder();
  const file = join(folder, 'file');
  const ticket = (number: number) => join(folder, `file.lock.${number}`);
  // The content of a ticket whose holder is alive: this process.
  const alive = await withLock(file, () => fs.readFileSync(ticket(1), 'utf8'));
  const tickets = () => fs.readdirSync(folder).filter((name) => name.startsWith('file.lock'));
  return { file, ticket, alive, tickets };
}

test('another has taken the same number: waits for it', async () => {
  const { file, ticket, alive, tickets } = await scene();
  meanwhile = () => fs.writeFileSync(ticket(2), alive);
  await expect(withLock(file, () => 'mine', { waitMs: 50 })).rejects.toMatchObject({ code: 'busy' });
  expect(tickets().sort()).toEqual(['file.lock.1', 'file.lock.2']);
});

test('the lock has moved on by two, and the number is free again: waits for its holder', async () => {
  const { file, ticket, alive, tickets } = await scene();
  meanwhile = () => {
    fs.writeFileSync(ticket(3), alive);
    fs.rmSync(ticket(1));
  };
  await expect(withLock(file, () => 'mine', { waitMs: 50 })).rejects.toMatchObject({ code: 'busy' });
  expect(tickets()).toEqual(['file.lock.3']);
});

test('the lock has moved on and is free: takes the number after the last', async () => {
  const { file, ticket, tickets } = await scene();
  meanwhile = () => {
    fs.writeFileSync(ticket(9), '');
    fs.rmSync(ticket(1));
  };
  expect(await withLock(file, () => tickets(), { waitMs: 50 })).toEqual(['file.lock.10']);
});

test('somebody has removed every ticket and the drafts: begins anew', async () => {
  const { file, ticket, tickets } = await scene();
  meanwhile = () => {
    for (const name of tickets()) fs.rmSync(join(ticket(1), '..', name));
  };
  expect(await withLock(file, () => tickets(), { waitMs: 50 })).toEqual(['file.lock.1']);
});
