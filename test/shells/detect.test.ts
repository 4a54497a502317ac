import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { callingShell, shellOf } from '../../src/shells/detect.ts';
import { requireTools } from '../support/require.ts';

/** A process id that is no shell: this test's own. */
const NO_SHELL = process.pid;

describe('the shell of a program', () => {
  test.each([
    ['/bin/bash', 'bash'],
    ['-zsh', 'zsh'],
    ['-/bin/zsh', 'zsh'],
    ['fish\n', 'fish'],
    ['dash', 'sh'],
    ['/usr/bin/ksh93', 'sh'],
    ['tcsh', 'csh'],
    ['-csh', 'csh'],
    ['nu', 'nushell'],
    ['pwsh', 'powershell'],
    ['C:\\Program Files\\PowerShell\\7\\pwsh.exe', 'powershell'],
    ['PowerShell.EXE', 'powershell'],
    ['elvish', 'elvish'],
    ['xonsh', 'xonsh'],
    ['xonsh --rc /a/b', 'xonsh'],
    ['/Applications/My Shells/fish', 'fish'],
    ['C:\\Program Files\\Git\\usr\\bin\\bash.exe', 'bash'],
  ])('%j is %s', (program, name) => {
    expect(shellOf(program)?.name).toBe(name);
  });

  test.each([[''], [undefined], [null], ['node'], ['constructor'], ['/'], ['cmd.exe']])('%j is none', (program) => {
    expect(shellOf(program)).toBeNull();
  });
});

describe('the calling shell', () => {
  const linux = { platform: 'linux', parentPid: NO_SHELL } as const;

  test('is the parent, whatever SHELL says', async () => {
    requireTools('dash');
    const child = spawn('dash', ['-c', 'echo; read x'], { stdio: ['pipe', 'pipe', 'ignore'] });
    onTestFinished(() => void child.kill());
    await once(child.stdout, 'data');
    const shell = await callingShell({ ...linux, parentPid: child.pid ?? 0, env: { SHELL: '/bin/fish' } });
    expect(shell?.name).toBe('sh');
  });

  test('is what SHELL says when the parent is no shell', async () => {
    expect((await callingShell({ ...linux, env: { SHELL: '/usr/bin/fish' } }))?.name).toBe('fish');
  });

  test('is what SHELL says when the parent is gone', async () => {
    expect((await callingShell({ ...linux, parentPid: 2 ** 22 + 1, env: { SHELL: '/bin/zsh' } }))?.name).toBe('zsh');
  });

  test('is PowerShell on Windows, unless SHELL says otherwise', async () => {
    const windows = { platform: 'win32', parentPid: NO_SHELL } as const;
    expect((await callingShell({ ...windows, env: {} }))?.name).toBe('powershell');
    expect((await callingShell({ ...windows, env: { SHELL: '/usr/bin/bash' } }))?.name).toBe('bash');
  });

  test('is not known when nothing tells', async () => {
    expect(await callingShell({ ...linux, env: {} })).toBeNull();
  });
});
