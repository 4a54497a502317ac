import type { Host } from '../context.ts';

/** One way to the clipboard: programs of the system, which are handed the text on their standard input. */
export interface ClipboardTool {
  readonly name: ToolName;
  readonly copy: readonly [string, ...string[]];
  readonly paste: readonly [string, ...string[]];
  /** With nothing on its standard input. */
  readonly clear: readonly [string, ...string[]];
}

const WL = {
  paste: ['wl-paste', '--no-newline'],
  clear: ['wl-copy', '--clear'],
} as const;
const POWERSHELL = ['powershell.exe', '-NoProfile', '-NonInteractive', '-Command'] as const;

export const TOOLS = {
  /** The hint `x-kde-passwordManagerHint: secret`, which keeps it out of clipboard histories: wl-clipboard 2.3 and newer. */
  'wl-copy-sensitive': { ...WL, copy: ['wl-copy', '--type', 'text/plain', '--sensitive'] },
  'wl-copy': { ...WL, copy: ['wl-copy', '--type', 'text/plain'] },
  xclip: {
    copy: ['xclip', '-selection', 'clipboard', '-in'],
    paste: ['xclip', '-selection', 'clipboard', '-out'],
    clear: ['xclip', '-selection', 'clipboard', '-in'],
  },
  xsel: {
    copy: ['xsel', '--clipboard', '--input'],
    paste: ['xsel', '--clipboard', '--output'],
    clear: ['xsel', '--clipboard', '--clear'],
  },
  pbcopy: { copy: ['pbcopy'], paste: ['pbpaste'], clear: ['pbcopy'] },
  windows: {
    copy: ['clip.exe'],
    paste: [...POWERSHELL, '[Console]::Out.Write((Get-Clipboard -Raw))'],
    clear: ['clip.exe'],
  },
  termux: { copy: ['termux-clipboard-set'], paste: ['termux-clipboard-get'], clear: ['termux-clipboard-set'] },
} as const satisfies Record<string, Omit<ClipboardTool, 'name'>>;

export type ToolName = keyof typeof TOOLS;

/**
 * The tools to try on this machine, best first. The terminal's own way (OSC 52) is not among them: the secret would
 * pass through whatever records the terminal, and could be neither compared nor cleared.
 */
export function toolsFor({ platform, env }: Pick<Host, 'platform' | 'env'>): ToolName[] {
  if (platform === 'darwin') return ['pbcopy'];
  if (platform === 'win32') return ['windows'];
  const tools: ToolName[] = [];
  if (env['WSL_DISTRO_NAME'] || env['WSL_INTEROP']) tools.push('windows');
  if (env['WAYLAND_DISPLAY']) tools.push('wl-copy-sensitive', 'wl-copy');
  if (env['DISPLAY']) tools.push('xclip', 'xsel');
  if (env['TERMUX_VERSION']) tools.push('termux');
  return tools;
}

/** What to do when none of them worked. */
export function installHint({ env }: Pick<Host, 'env'>, name: string): string {
  if (env['WAYLAND_DISPLAY']) return 'install wl-clipboard: apt install wl-clipboard';
  if (env['DISPLAY']) return 'install xclip: apt install xclip';
  return `there is no display here; over SSH, ask from your own machine: ssh HOST claude-keys print ${name} | pbcopy`;
}
