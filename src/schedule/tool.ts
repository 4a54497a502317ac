import { execFile } from 'node:child_process';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';

/** How a tool of the system ended; `code` is null when it is not there or did not end in time. */
export interface ToolResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 15_000;

/** Runs a tool of the system to its end, in the environment of the context. Never throws. */
export function runTool(ctx: Context, [tool = '', ...args]: readonly string[], input = ''): Promise<ToolResult> {
  return new Promise((resolve) => {
    const options = { env: { ...ctx.env }, timeout: TIMEOUT_MS, encoding: 'utf8' as const };
    const child = execFile(tool, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
    // A tool that ends without reading its input closes the pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** @throws {UserError} `scheduler_failed` when the tool fails. */
export async function mustRun(ctx: Context, command: readonly string[], input = ''): Promise<void> {
  const { code } = await runTool(ctx, command, input);
  if (code === 0) return;
  const how = code === null ? 'could not be run' : `ended with exit code ${code}`;
  throw new UserError('scheduler_failed', `${command.join(' ')} ${how}`, {
    hint: 'see what would be done, to do it by hand: claude-keys schedule install --dry-run',
  });
}
