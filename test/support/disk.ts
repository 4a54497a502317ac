import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { requirement } from './require.ts';

/** A small disk of its own, in memory: it can be filled up and made read-only. */
export interface Disk {
  readonly folder: string;
  /** Uses up what is left of it; the answer makes room again. */
  fill(): () => void;
  makeReadOnly(): void;
}

/** Whether this machine lets the test mount a disk (root on Linux). */
export function canMountDisks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-mount-'));
  const mounted = mount('-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', folder);
  if (mounted) unmount(folder);
  rmSync(folder, { recursive: true });
  return requirement(mounted, 'mounting a small disk is not permitted');
}

/** Mounts a disk until the test ends. */
export function makeDisk(kibibytes: number): Disk {
  const folder = mkdtempSync(join(tmpdir(), 'claude-keys-disk-'));
  if (!mount('-t', 'tmpfs', '-o', `size=${kibibytes}k,mode=0755`, 'tmpfs', folder)) throw new Error('cannot mount');
  onTestFinished(() => {
    unmount(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return { folder, fill: () => fill(join(folder, 'filler')), makeReadOnly: () => remount(folder) };
}

/** Puts a file in the place of another until the test ends, as a container does with a single file that it is given. */
export function mountOver(file: string, place: string): void {
  if (!mount('--bind', file, place)) throw new Error('cannot mount');
  onTestFinished(() => unmount(place));
}

function fill(file: string): () => void {
  for (const size of [4096, 1]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      // Full, to this size.
    }
  }
  if (statSync(file).size === 0) throw new Error('the disk was full before');
  return () => rmSync(file);
}

function remount(folder: string): void {
  if (!mount('-o', 'remount,ro', folder)) throw new Error('cannot remount');
}

function mount(...args: string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

function unmount(folder: string): void {
  spawnSync('umount', [folder]);
}
