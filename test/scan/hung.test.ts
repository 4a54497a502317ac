import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FileReader } from '../../src/scan/files/batch.ts';
import { TestMachine } from '../support/host.ts';
import { requireTools } from '../support/require.ts';
import { makeKey } from '../support/secrets.ts';

/** What would be waited for without end: each of these tests ends at all, or fails. */
describe.skipIf(!requireTools('mkfifo', 'git'))('what hangs stalls nothing', () => {
  function project(): { machine: TestMachine; root: string } {
    const machine = new TestMachine();
    const root = join(machine.home, 'project');
    mkdirSync(root);
    writeFileSync(join(root, 'a.txt'), makeKey());
    return { machine, root };
  }
  const scan = async ({ machine, root }: ReturnType<typeof project>, ...args: string[]) => {
    const { code, stdout, stderr } = await machine.run(['scan', ...args, '--json'], { cwd: root });
    return { code, stderr, ...JSON.parse(stdout) };
  };

  test('a file that has become a pipe, with and without a writer, is told; the next ones are read', async () => {
    const { root } = project();
    const pipe = join(root, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const told = {
      skipped: [{ path: pipe, failed: true, why: 'it became a pipe' }],
      found: [{ path: join(root, 'a.txt') }],
    };
    const reader = new FileReader();
    expect(await reader.read([pipe, join(root, 'a.txt')])).toMatchObject(told);
    const held = openSync(pipe, 'r+');
    expect(await reader.read([pipe, join(root, 'a.txt')])).toMatchObject(told);
    closeSync(held);
  });

  test.each(['/dev/zero', '/dev/tty', 'pipe'])('.claude-keys-scan.json that leads to %s is refused', async (target) => {
    const { machine, root } = project();
    const file = join(root, '.claude-keys-scan.json');
    if (target === 'pipe') execFileSync('mkfifo', [file]);
    else symlinkSync(target, file);
    const answer = await machine.run(['scan', '--json'], { cwd: root });
    expect(answer).toMatchObject({ code: 2, stdout: expect.stringContaining('no plain file') });
  });

  test.each(['.git/shallow', '.git/info/exclude', '.git/objects/info/alternates', '.git/refs/heads/x', '.mailmap'])(
    'a pipe at %s: git does not wait for its writer',
    async (path) => {
      const { machine, root } = project();
      execFileSync('git', ['init', '-q', root]);
      execFileSync('sh', ['-c', 'git add -A && git -c user.name=a -c user.email=a commit -qm 1 && git rm -q a.txt'], {
        cwd: root,
      });
      rmSync(join(root, path), { force: true });
      execFileSync('mkfifo', [join(root, path)]);
      const { code, skipped } = await scan({ machine, root }, '--history');
      const told = skipped.filter(({ failed }: { failed: boolean }) => failed).length;
      expect([code, told]).toEqual(path === '.mailmap' ? [1, 0] : [5, 1]);
      const staged = await machine.run(['scan', '--staged'], { cwd: root });
      expect(staged.code).toBe(/refs|mailmap/.test(path) ? 0 : 5);
    },
  );

  test('a repository in which git hangs: finds are told, and that its history was not looked at', async () => {
    const { machine, root } = project();
    execFileSync('git', ['init', '-q', root]);
    rmSync(join(root, '.git/HEAD'));
    execFileSync('mkfifo', [join(root, '.git/HEAD')]);
    expect(await scan({ machine, root })).toMatchObject({ code: 1, findings: [{ file: 'a.txt', ignored: false }] });
    rmSync(join(root, 'a.txt'));
    expect(await scan({ machine, root }, '--history')).toMatchObject({ code: 5 });
  });
});
