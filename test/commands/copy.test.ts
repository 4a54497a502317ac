import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { installHint, toolsFor } from '../../src/clipboard/tools.ts';
import { storeKey } from '../support/entries.ts';
import { TestMachine } from '../support/host.ts';

/** A machine whose clipboard is a file, and whose tools are scripts that write it and note how they were called. */
async function machineWithTools(tools: Readonly<Record<string, string>>) {
  const machine = new TestMachine();
  const secret = await storeKey(machine, 'production');
  const bin = join(machine.home, 'bin');
  mkdirSync(bin);
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$HOME/calls"\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const read = (file: string) =>
    existsSync(join(machine.home, file)) ? readFileSync(join(machine.home, file), 'utf8') : '';
  const copy = (args: readonly string[], env: Record<string, string>) =>
    machine.run(['copy', 'production', ...args], { env: { PATH: `${bin}:${process.env['PATH']}`, ...env } });
  return { machine, secret, copy, board: () => read('board'), calls: () => read('calls') };
}

const WRITE = 'cat > "$HOME/board"';
const NEVER = ['--clear-after', '0'];

describe('copy', () => {
  test.each<[string, Record<string, string>, Record<string, string>, string]>([
    ['wl-copy', { 'wl-copy': WRITE }, { WAYLAND_DISPLAY: 'w' }, 'wl-copy --type text/plain --sensitive\n'],
    ['xclip', { xclip: WRITE }, { DISPLAY: ':9' }, 'xclip -selection clipboard -in\n'],
    ['clip.exe under WSL', { 'clip.exe': WRITE }, { WSL_DISTRO_NAME: 'Debian', DISPLAY: ':0' }, 'clip.exe \n'],
    ['termux', { 'termux-clipboard-set': WRITE }, { TERMUX_VERSION: '1' }, 'termux-clipboard-set \n'],
  ])('hands the secret to %s on its standard input', async (_, tools, env, call) => {
    const { secret, copy, board, calls } = await machineWithTools(tools);
    expect(await copy(NEVER, env)).toMatchObject({ code: 0, stdout: '' });
    expect({ board: board(), calls: calls() }).toEqual({ board: secret, calls: call });
  });

  test('goes on to the next tool when one fails', async () => {
    const old = 'case "$*" in *--sensitive*) exit 1 ;; esac';
    const { secret, copy, board, calls } = await machineWithTools({ 'wl-copy': `${old}\n${WRITE}` });
    expect((await copy(NEVER, { WAYLAND_DISPLAY: 'w' })).code).toBe(0);
    expect(board()).toBe(secret);
    expect(calls()).toBe('wl-copy --type text/plain --sensitive\nwl-copy --type text/plain\n');
  });

  test('does not wait for a tool that stays to serve what was copied', async () => {
    const { secret, copy, board } = await machineWithTools({ xclip: `${WRITE}\nsleep 5 &` });
    const begun = Date.now();
    expect((await copy(NEVER, { DISPLAY: ':9' })).code).toBe(0);
    expect(board()).toBe(secret);
    expect(Date.now() - begun).toBeLessThan(4_000);
  });

  test('says that it will not be cleared, as text and as JSON', async () => {
    const { copy } = await machineWithTools({ xclip: WRITE });
    expect((await copy(NEVER, { DISPLAY: ':9' })).stderr).toContain('it stays there until something else is copied');
    const { stdout, stderr } = await copy([...NEVER, '--json'], { DISPLAY: ':9' });
    expect({ document: JSON.parse(stdout), stderr }).toEqual({
      document: { key: 'production', copied: true, clearsInSeconds: null },
      stderr: '',
    });
  });

  test('gives the tools no credential of the environment', async () => {
    const { copy, board } = await machineWithTools({ xclip: 'env > "$HOME/board"' });
    await copy(NEVER, { DISPLAY: ':9', ANTHROPIC_AUTH_TOKEN: 'other' });
    expect(board()).toContain('DISPLAY=:9');
    expect(board()).not.toContain('ANTHROPIC_AUTH_TOKEN');
  });

  test.each<[string, Record<string, string>, string]>([
    ['a Wayland desktop', { WAYLAND_DISPLAY: 'w' }, 'install wl-clipboard'],
    ['an X desktop', { DISPLAY: ':9' }, 'install xclip'],
    ['a machine without a display', {}, 'ssh HOST claude-keys print production | pbcopy'],
  ])('on %s without a tool that works: exit 4, with what to do', async (_, env, hint) => {
    const fail = Object.fromEntries(['wl-copy', 'xclip', 'xsel'].map((name) => [name, 'exit 1']));
    const { copy } = await machineWithTools(fail);
    const { code, stdout, stderr } = await copy([], env);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toContain('there is no way to the clipboard');
    expect(stderr).toContain(hint);
  });

  test.each(['-1', 'soon', '1e3', '100000'])('refuses to clear after %j', async (value) => {
    const { copy, calls } = await machineWithTools({ xclip: WRITE });
    expect((await copy([`--clear-after=${value}`], { DISPLAY: ':9' })).code).toBe(2);
    expect(calls()).toBe('');
  });
});

describe('the tools of a machine', () => {
  test.each<[NodeJS.Platform, Record<string, string>, string[]]>([
    ['darwin', { DISPLAY: ':0' }, ['pbcopy']],
    ['win32', {}, ['windows']],
    ['linux', {}, []],
    ['linux', { WAYLAND_DISPLAY: 'w', DISPLAY: ':0' }, ['wl-copy-sensitive', 'wl-copy', 'xclip', 'xsel']],
    ['linux', { WSL_INTEROP: '/run/x', WAYLAND_DISPLAY: 'w' }, ['windows', 'wl-copy-sensitive', 'wl-copy']],
    ['android', { TERMUX_VERSION: '0.118' }, ['termux']],
    ['freebsd', { DISPLAY: ':0' }, ['xclip', 'xsel']],
  ])('%s with %j', (platform, env, tools) => {
    expect(toolsFor({ platform, env })).toEqual(tools);
  });

  test('a hint for the machine that has none names the key', () => {
    expect(installHint({ env: {} }, 'ci')).toContain('claude-keys print ci');
  });
});
