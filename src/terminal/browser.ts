import { spawn } from 'node:child_process';
import type { Context } from '../context.ts';

/** Where keys are made and switched off (API-FACTS.md: there is no call that creates one). */
export const CONSOLE_KEYS_PAGE = 'https://platform.claude.com/settings/keys';

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Opens the Console's key page, if there is something to open it with; otherwise the person reads the address. */
export function openConsole({ platform }: Context): void {
  const [command, ...args] = OPENERS[platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, CONSOLE_KEYS_PAGE], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
