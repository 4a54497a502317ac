import { readFileSync } from 'node:fs';
import type { Host } from '../context.ts';
import { SHELLS } from './index.ts';
import type { Shell, ShellName } from './shell.ts';

/** What the programs are called, where that is not the name of the shell. */
const PROGRAMS: Readonly<Record<string, ShellName>> = {
  ash: 'sh',
  busybox: 'sh',
  dash: 'sh',
  ksh: 'sh',
  ksh93: 'sh',
  mksh: 'sh',
  nu: 'nushell',
  oksh: 'sh',
  posh: 'sh',
  pwsh: 'powershell',
  'pwsh-preview': 'powershell',
  tcsh: 'csh',
  yash: 'sh',
};

/**
 * The shell that will read what is printed: the parent process if that is a shell, else the one that `$SHELL` names,
 * else PowerShell on Windows. Null when nothing tells.
 */
export async function callingShell(host: Pick<Host, 'env' | 'parentPid' | 'platform'>): Promise<Shell | null> {
  const fromParent = host.platform === 'win32' ? null : shellOf(await programOf(host.parentPid));
  if (fromParent !== null) return fromParent;
  // The Windows environment has no SHELL; Git Bash and its like set it.
  return shellOf(host.env['SHELL']) ?? (host.platform === 'win32' ? SHELLS.powershell : null);
}

/** The shell with this program: `/bin/bash`, `-zsh` (a login shell), `nu`, `pwsh.exe`. */
export function shellOf(program: string | null | undefined): Shell | null {
  if (!program) return null;
  const text = program.trim();
  // xonsh takes its whole command line for its name; a path may have spaces before its last part.
  const plain = /^[^\s/\\]+(?=\s)/.exec(text)?.[0] ?? text.split(/[/\\]/).at(-1) ?? '';
  const word = plain
    .toLowerCase()
    .replace(/^-/, '')
    .replace(/\.exe$/, '');
  const name = Object.hasOwn(PROGRAMS, word) ? PROGRAMS[word] : word;
  return name !== undefined && Object.hasOwn(SHELLS, name) ? SHELLS[name as ShellName] : null;
}

async function programOf(pid: number): Promise<string | null> {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8');
  } catch {
    return askPs(pid);
  }
}

/** Where there is no /proc (macOS, BSD). */
async function askPs(pid: number): Promise<string | null> {
  const { spawnSync } = await import('node:child_process');
  const { stdout } = spawnSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 });
  return stdout || null;
}
