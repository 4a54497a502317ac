import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { withLock } from '../../src/files/lock.ts';
import { childScript } from '../support/child.ts';
import { temporaryFolder } from '../support/host.ts';
import { requirement, requireTools } from '../support/require.ts';

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const start = childScript(new URL('./lock-child.ts', import.meta.url));

/** A folder with a file to lock. */
function place(): { folder: string; file: string } {
  const folder = temporaryFolder();
  return { folder, file: join(folder, 'file') };
}

const ticketsIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith('file.lock'));

/** The content of a ticket as it is while a process holds it. */
async function ticketOfMine(): Promise<Record<string, unknown>> {
  const { folder, file } = place();
  return withLock(file, () => JSON.parse(readFileSync(join(folder, 'file.lock.1'), 'utf8')));
}

async function holder(file: string) {
  const child = start(['hold', file]);
  expect(await child.line()).toBe('held');
  return child;
}

describe('one at a time', () => {
  test('8 processes count to 200', async () => {
    const { folder, file } = place();
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const children = Array.from({ length: 8 }, () => start(['count', file, counter, '25']));
    for (const child of children) {
      expect(await child.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
    expect(readFileSync(counter, 'utf8')).toBe('200');
    expect(ticketsIn(folder)).toHaveLength(1);
  });

  test('8 calls in one process count to 8', async () => {
    const { file } = place();
    let counter = 0;
    const add = async () => {
      const before = counter;
      await sleep(1);
      counter = before + 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withLock(file, add)));
    expect(counter).toBe(8);
  });

  test('processes that are killed, stopped and continued at any moment are never inside together', async () => {
    const { folder, file } = place();
    const begin = () => start(['chaos', file, join(folder, 'marker')]);
    const children = Array.from({ length: 6 }, begin);
    const retired: typeof children = [];
    for (let round = 0; round < 100; round += 1) {
      const at = round % children.length;
      const child = children[at];
      if (child === undefined) throw new Error('no child');
      await sleep(Math.random() * 20);
      if (round % 3 === 0) {
        child.process.kill('SIGKILL');
        retired.push(child);
        children[at] = begin();
      } else {
        child.process.kill('SIGSTOP');
        await sleep(Math.random() * 40);
        child.process.kill('SIGCONT');
      }
    }
    for (const child of children) child.process.kill('SIGKILL');
    const outputs = await Promise.all([...retired, ...children].map((child) => child.ended));
    const lines = outputs.flatMap(({ stdout, stderr }) => [...stdout.split('\n'), ...stderr.split('\n')]);
    const rest = lines.filter((line) => line !== '' && line !== 'through');
    expect(rest).toEqual([]);
    expect(lines.filter((line) => line === 'through').length).toBeGreaterThan(20);
  });
});

describe('a holder that ended', () => {
  test('gives the lock back when its work fails', async () => {
    const { file } = place();
    await expect(
      withLock(file, () => {
        throw new Error('work failed');
      }),
    ).rejects.toThrow('work failed');
    expect(await withLock(file, () => 'again', { waitMs: 0 })).toBe('again');
  });

  test('by SIGKILL: taken over at once', async () => {
    const { file } = place();
    const child = await holder(file);
    child.process.kill('SIGKILL');
    await child.ended;
    const begun = performance.now();
    expect(await withLock(file, () => 'mine', { waitMs: 1_000 })).toBe('mine');
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  test('by SIGKILL while others wait: one of them has it within a second', async () => {
    const { file } = place();
    const child = await holder(file);
    const waiting = withLock(file, () => performance.now());
    await sleep(100);
    const killed = performance.now();
    child.process.kill('SIGKILL');
    expect((await waiting) - killed).toBeLessThan(1_000);
  });

  test('and that nobody has buried (a zombie): taken over at once', async () => {
    const { folder, file } = place();
    const ticket = await ticketOfMine();
    // `sleep` takes over from the shell and never asks for its children.
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
    onTestFinished(() => void parent.kill('SIGKILL'));
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
    const stat = await statOnce(pid, (state) => state === 'Z');
    writeFileSync(join(folder, 'file.lock.1'), JSON.stringify({ ...ticket, pid, started: stat[19] }));
    expect(await withLock(file, () => 'mine', { waitMs: 200 })).toBe('mine');
  });

  test('and whose number another process has now', async () => {
    const { folder, file } = place();
    writeFileSync(join(folder, 'file.lock.1'), JSON.stringify({ ...(await ticketOfMine()), started: '1' }));
    expect(await withLock(file, () => 'mine', { waitMs: 0 })).toBe('mine');
  });
});

async function statOnce(pid: number, wanted: (state: string | undefined) => boolean): Promise<string[]> {
  for (;;) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (wanted(fields[0])) return fields;
    await sleep(5);
  }
}

describe('a holder that is alive', () => {
  test('keeps the lock while it is suspended', async () => {
    const { file } = place();
    const child = await holder(file);
    child.process.kill('SIGSTOP');
    await expect(withLock(file, () => 'mine', { waitMs: 500 })).rejects.toMatchObject({
      code: 'busy',
      exitCode: 4,
      message: expect.stringContaining(`process ${child.process.pid}`),
    });
  });

  test('is named after three seconds, once', async () => {
    const { file } = place();
    const child = await holder(file);
    const told: number[] = [];
    const waiting = withLock(file, () => 'mine', { waitMs: 3_500, onWait: (pid) => told.push(pid) });
    await expect(waiting).rejects.toMatchObject({ code: 'busy' });
    expect(told).toEqual([child.process.pid]);
  });

  test('in another place is believed for two minutes', async () => {
    const { folder, file } = place();
    const path = join(folder, 'file.lock.1');
    writeFileSync(path, JSON.stringify({ ...(await ticketOfMine()), place: 'another machine' }));
    await expect(withLock(file, () => 'mine', { waitMs: 100 })).rejects.toMatchObject({ code: 'busy' });
    const almost = Date.now() / 1000 - 100;
    utimesSync(path, almost, almost);
    await expect(withLock(file, () => 'mine', { waitMs: 100 })).rejects.toMatchObject({ code: 'busy' });
    const past = Date.now() / 1000 - 125;
    utimesSync(path, past, past);
    expect(await withLock(file, () => 'mine', { waitMs: 100 })).toBe('mine');
  });

  test('in another place whose clock is far ahead is not believed for ever', async () => {
    const { folder, file } = place();
    const path = join(folder, 'file.lock.1');
    writeFileSync(path, JSON.stringify({ ...(await ticketOfMine()), place: 'another machine' }));
    const future = Date.now() / 1000 + 86_400;
    utimesSync(path, future, future);
    expect(await withLock(file, () => 'mine', { waitMs: 100 })).toBe('mine');
  });

  test('that was overtaken (it was in another place for too long) does not take the lock back by its end', async () => {
    const { folder, file } = place();
    const first = join(folder, 'file.lock.1');
    await withLock(file, async () => {
      const ticket = JSON.parse(readFileSync(first, 'utf8'));
      writeFileSync(first, JSON.stringify({ ...ticket, place: 'another machine' }));
      const past = Date.now() / 1000 - 125;
      utimesSync(first, past, past);
      await withLock(file, () => {}, { waitMs: 100 });
      expect(ticketsIn(folder)).toEqual(['file.lock.2']);
    });
    expect(ticketsIn(folder)).toEqual(['file.lock.2']);
  });
});

describe('what is left over', () => {
  test('old tickets and drafts of killed processes are cleaned up, the drafts of live ones are not', async () => {
    const { folder, file } = place();
    for (const number of [1, 2, 3, 7]) writeFileSync(join(folder, `file.lock.${number}`), '');
    const past = Date.now() / 1000 - 600;
    for (const name of ['file.lock-99999', 'file.lock-12-abcdef']) {
      writeFileSync(join(folder, name), '{}');
      utimesSync(join(folder, name), past, past);
    }
    writeFileSync(join(folder, 'file.lock-13-fedcba'), '{}');
    writeFileSync(join(folder, 'file.locked'), 'not ours');
    await withLock(file, () => {});
    expect(ticketsIn(folder).sort()).toEqual(['file.lock-13-fedcba', 'file.lock.8', 'file.locked']);
  });

  test.each(['', 'null', '7', '[]', '{', '{"pid":"1","done":false}', '{"pid":-1}', '{"pid":0}'])(
    'a ticket with %j in it stops nobody',
    async (content) => {
      const { folder, file } = place();
      writeFileSync(join(folder, 'file.lock.1'), content);
      expect(await withLock(file, () => 'mine', { waitMs: 100 })).toBe('mine');
    },
  );

  test('a folder in place of a ticket stops nobody', async () => {
    const { folder, file } = place();
    mkdirSync(join(folder, 'file.lock.4'));
    expect(await withLock(file, () => 'mine', { waitMs: 100 })).toBe('mine');
  });

  test('the ticket of a lock that was given back needs no space on the disk', async () => {
    const { folder, file } = place();
    await withLock(file, () => {});
    expect(readFileSync(join(folder, 'file.lock.1'), 'utf8')).toBe('');
  });
});

describe.skipIf(!requireTools('setpriv') || !requirement(process.getuid?.() === 0, 'not root'))(
  'as another user',
  () => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

    test.each([0o700, 0o711, 0o755])('a folder of mode %o that is not ours: an error that says so', async (mode) => {
      const { folder } = place();
      // The test's own folder is private; the one of the lock is beneath it.
      const { chmodSync } = await import('node:fs');
      chmodSync(folder, 0o755);
      const inner = join(folder, 'inner');
      mkdirSync(inner, { mode });
      chmodSync(inner, mode);
      const child = start(['take', join(inner, 'file'), '100'], { before: nobody });
      const { code, stdout, stderr } = await child.ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(stdout).toMatch(/^write_failed: cannot write .*: no permission; nothing was changed$/);
      expect(readdirSync(inner)).toEqual([]);
    });
  },
);
