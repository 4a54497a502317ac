import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { withoutCredentials } from '../child/environment.ts';
import type { Context } from '../context.ts';
import { digest } from './digest.ts';
import { runTool } from './run.ts';
import { TOOLS, type ToolName, toolsFor } from './tools.ts';

/** Made by the build beside the program's own files. */
const CLEARING = join(__dirname, 'clear-clipboard.js');

/** Puts the text on the clipboard with the first tool that works; null when none does. */
export async function copyText(ctx: Context, text: string): Promise<ToolName | null> {
  const { env } = withoutCredentials(ctx.env);
  for (const name of toolsFor(ctx)) {
    if ((await runTool(TOOLS[name].copy, { input: text, env })) !== null) return name;
    ctx.ui.detail(`${TOOLS[name].copy[0]} did not work`);
  }
  return null;
}

/**
 * Starts the process that clears the clipboard after so many seconds, if the text is still on it. It outlives this
 * one and the terminal, and knows the text by its SHA-256 only.
 */
export function clearLater(ctx: Context, tool: ToolName, text: string, seconds: number): void {
  const { env } = withoutCredentials(ctx.env);
  const clearing = spawn(process.execPath, [CLEARING, tool, digest(text), String(seconds)], {
    detached: true,
    stdio: 'ignore',
    // Not in the current folder, which would be in use for so long.
    cwd: ctx.home,
    env,
    windowsHide: true,
  });
  clearing.on('error', () => ctx.ui.warn('the clipboard will not be cleared: the process for it could not be started'));
  clearing.unref();
}
