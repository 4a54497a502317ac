import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readIfThere, replaceFile } from '../../src/files/replace.ts';
import { childScript } from '../support/child.ts';
import { canMountDisks, makeDisk } from '../support/disk.ts';
import { temporaryFolder } from '../support/host.ts';
import { requirement, requireTools } from '../support/require.ts';

// Real processes and real work, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

const start = childScript(new URL('./replace-child.ts', import.meta.url));
const modeOf = (path: string) => statSync(path).mode & 0o7777;

function withUmask(mask: number): void {
  const before = process.umask(mask);
  onTestFinished(() => void process.umask(before));
}

describe('replacing a file', () => {
  test('makes the file and the folders above it, for their owner alone', () => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const file = join(folder, 'file');
    replaceFile(file, 'content');
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect([modeOf(file), modeOf(folder)]).toEqual([0o600, 0o700]);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  test.each([0o000, 0o022, 0o077, 0o277])('the mode does not depend on the umask %o', (mask) => {
    const folder = join(temporaryFolder(), 'a');
    mkdirSync(folder);
    const file = join(folder, 'file');
    withUmask(mask);
    replaceFile(file, 'old');
    replaceFile(file, 'new');
    expect([modeOf(file), modeOf(folder)]).toEqual([0o600, 0o700]);
  });

  test('narrows what was wider, the file and its folder', () => {
    const folder = join(temporaryFolder(), 'a');
    mkdirSync(folder);
    chmodSync(folder, 0o755);
    const file = join(folder, 'file');
    writeFileSync(file, 'old');
    chmodSync(file, 0o644);
    replaceFile(file, 'new');
    expect([modeOf(file), modeOf(folder)]).toEqual([0o600, 0o700]);
  });

  test('leaves a folder alone that everyone shares, like /tmp', () => {
    const folder = join(temporaryFolder(), 'a');
    mkdirSync(folder);
    chmodSync(folder, 0o1777);
    replaceFile(join(folder, 'file'), 'new');
    expect(modeOf(folder)).toBe(0o1777);
  });

  test('keeps a link, and replaces what it points to', () => {
    const folder = temporaryFolder();
    const real = join(folder, 'dotfiles', 'real');
    mkdirSync(join(folder, 'dotfiles'));
    writeFileSync(real, 'old');
    const link = join(folder, 'link');
    symlinkSync(real, link);
    replaceFile(link, 'new');
    expect(readlinkSync(link)).toBe(real);
    expect(readFileSync(real, 'utf8')).toBe('new');
  });

  test('takes over what a killed write left', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(`${file}.new`, 'half');
    chmodSync(`${file}.new`, 0o666);
    replaceFile(file, 'whole');
    expect(readFileSync(file, 'utf8')).toBe('whole');
    expect(modeOf(file)).toBe(0o600);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test('is not led astray by a link in the place of its temporary file', () => {
    const folder = temporaryFolder();
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'untouched');
    const file = join(folder, 'file');
    symlinkSync(victim, `${file}.new`);
    replaceFile(file, 'new');
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(lstatSync(file).isSymbolicLink()).toBe(false);
  });

  test('killed at any moment leaves the old content or the new, whole, and nothing but one temporary file', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    const size = 400_000;
    replaceFile(file, 'a'.repeat(size));
    for (let round = 0; round < 20; round += 1) {
      const child = start(['forever', file, String(size)]);
      await sleep(60 + Math.random() * 60);
      child.process.kill('SIGKILL');
      expect((await child.ended).stdout).toBe('');
      const content = readFileSync(file, 'utf8');
      expect(content).toBe(content.charAt(0).repeat(size));
      expect(['file', 'file.new']).toEqual(expect.arrayContaining(readdirSync(folder)));
    }
  });
});

describe('a write that is refused', () => {
  const failure = { code: 'write_failed', exitCode: 4 };

  test('because a folder stands in the place of the file', () => {
    const file = join(temporaryFolder(), 'file');
    mkdirSync(file);
    expect(() => replaceFile(file, 'new')).toThrow(expect.objectContaining(failure));
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test('because a folder stands in the place of the temporary file', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'old');
    mkdirSync(`${file}.new`);
    expect(() => replaceFile(file, 'new')).toThrow(expect.objectContaining(failure));
    expect(readFileSync(file, 'utf8')).toBe('old');
  });

  test('because a file stands in the place of the folder', () => {
    const folder = join(temporaryFolder(), 'a');
    writeFileSync(folder, 'a file');
    expect(() => replaceFile(join(folder, 'file'), 'new')).toThrow(
      expect.objectContaining({ ...failure, hint: expect.stringContaining('CLAUDE_KEYS_HOME') }),
    );
    expect(() => replaceFile(join(folder, 'b', 'file'), 'new')).toThrow(expect.objectContaining(failure));
  });

  test.each([0, 1])('by a limit on the size of files (%i KiB)', async (limit) => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'old');
    const child = start(['once', file, '5000'], { before: ['bash', '-c', `ulimit -f ${limit}; exec "$@"`, 'bash'] });
    expect((await child.ended).stdout).toBe(
      `write_failed: cannot write ${file}: files may not be that large here; nothing was changed`,
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test('reading tells a file that is not there from one that cannot be read', () => {
    const folder = temporaryFolder();
    expect(readIfThere(join(folder, 'none'))).toBeNull();
    expect(() => readIfThere(folder)).toThrow('EISDIR');
  });
});

describe.skipIf(!canMountDisks())('on a disk of its own', () => {
  test('that is full: says so, the old file is whole, and it works again once there is room', () => {
    const disk = makeDisk(128);
    const file = join(disk.folder, 'keys', 'file');
    replaceFile(file, 'o'.repeat(20_000));
    const makeRoom = disk.fill();
    expect(() => replaceFile(file, 'n'.repeat(20_000))).toThrow(
      expect.objectContaining({ code: 'write_failed', message: expect.stringContaining('the disk is full') }),
    );
    expect(readFileSync(file, 'utf8')).toBe('o'.repeat(20_000));
    expect(readdirSync(join(disk.folder, 'keys'))).toEqual(['file']);
    makeRoom();
    replaceFile(file, 'n'.repeat(20_000));
    expect(readFileSync(file, 'utf8')).toBe('n'.repeat(20_000));
  });

  test.each([false, true])('that is read-only: says so (a temporary file was left there: %s)', (left) => {
    const disk = makeDisk(128);
    const file = join(disk.folder, 'keys', 'file');
    replaceFile(file, 'old');
    if (left) writeFileSync(`${file}.new`, 'half');
    disk.makeReadOnly();
    expect(() => replaceFile(file, 'new')).toThrow(
      expect.objectContaining({ code: 'write_failed', message: expect.stringContaining('read-only') }),
    );
    expect(readFileSync(file, 'utf8')).toBe('old');
  });
});

describe.skipIf(!requireTools('setpriv') || !requirement(process.getuid?.() === 0, 'not root'))(
  'as another user',
  () => {
    const before = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];

    /** A folder of this mode with a file that this user owns; the folder too if `owned`. */
    function place(mode: number, owned: boolean): string {
      const top = temporaryFolder();
      chmodSync(top, 0o755);
      const folder = join(top, 'inner');
      mkdirSync(folder);
      const file = join(folder, 'file');
      writeFileSync(file, 'old');
      chownSync(file, 65534, 65534);
      if (owned) chownSync(folder, 65534, 65534);
      chmodSync(folder, mode);
      return file;
    }

    test.each([
      ['nothing', false],
      ['a temporary file', true],
    ])('a folder that is not ours, with %s left in it', async (_, left) => {
      const file = place(0o755, false);
      if (left) writeFileSync(`${file}.new`, 'half');
      const { stdout } = await start(['once', file, '5'], { before }).ended;
      expect(stdout).toBe(`write_failed: cannot write ${file}: no permission; nothing was changed`);
      expect(readFileSync(file, 'utf8')).toBe('old');
    });

    test('a folder that is not ours and that everyone may write to is left as it is', async () => {
      const file = place(0o777, false);
      expect((await start(['once', file, '5'], { before }).ended).stdout).toBe('done');
      expect(modeOf(join(file, '..'))).toBe(0o777);
    });

    test('a folder that cannot be opened for syncing: the write has happened and is not reported as failed', async () => {
      const file = place(0o300, true);
      expect((await start(['once', file, '5'], { before }).ended).stdout).toBe('done');
      expect(readFileSync(file, 'utf8')).toBe('nnnnn');
    });
  },
);
