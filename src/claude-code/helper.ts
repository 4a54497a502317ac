import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Context } from '../context.ts';

/**
 * The command for Claude Code's `apiKeyHelper`, which `/bin/sh` runs and whose output is the key (API-FACTS.md). It
 * names the program by an absolute path, since Claude Code may be started from anywhere, and gives it no standard
 * input, so that it can never stop to ask something.
 */
export function helperCommand(ctx: Context, name: string): string {
  const home = ctx.env['CLAUDE_KEYS_HOME'];
  const setting = home ? `CLAUDE_KEYS_HOME=${quote(home)} ` : '';
  return `${setting}${programCommand(ctx)} print ${name} </dev/null`;
}

/** True for a helper that {@link helperCommand} wrote, by whichever copy of the program. */
export function isOurs(helper: string): boolean {
  return keyOf(helper) !== null;
}

/** The name of the key that a helper of ours prints; null for every other. */
export function keyOf(helper: string): string | null {
  return /claude-keys(?:\.js)?'? print ([A-Za-z0-9._-]+) <\/dev\/null$/.exec(helper)?.[1] ?? null;
}

/** The installed command if `PATH` leads to this very program, else Node and the program's file. */
export function programCommand({ env, program }: Context): string {
  const installed = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, 'claude-keys'))
    .find((path) => leadsTo(path, program.script));
  return installed === undefined ? `${quote(program.node)} ${quote(program.script)}` : quote(installed);
}

function leadsTo(path: string, script: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return realpathSync(path) === realpathSync(script);
  } catch {
    return false;
  }
}

function quote(text: string): string {
  return /^[A-Za-z0-9_/.:@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
