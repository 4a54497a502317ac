import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** A real process of its own, for what one process cannot show: locks, kills, modes, limits. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line of its standard output; null when it has ended. */
  line(): Promise<string | null>;
  /** How it ended, with everything it wrote that {@link line} has not given yet. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/**
 * Bundles a TypeScript file once before the tests of this file or suite (Node 20 runs no TypeScript).
 * @returns starts it: `arguments`, then what goes before `node` in the command line (`setpriv …`), and its environment.
 */
export function childScript(
  entry: URL,
): (args: readonly string[], options?: { before?: readonly string[]; env?: Record<string, string> }) => Child {
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'claude-keys-child-'));
    // Another user may run it too.
    chmodSync(folder, 0o755);
    await build({
      entryPoints: [fileURLToPath(entry)],
      outfile: join(folder, 'child.cjs'),
      bundle: true,
      format: 'cjs',
      platform: 'node',
      external: ['keytar'],
      logLevel: 'error',
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (args, { before = [], env = {} } = {}) => {
    const [program = '', ...rest] = [...before, process.execPath, join(folder, 'child.cjs'), ...args];
    return follow(
      spawn(program, rest, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  };
}

function follow(child: ReturnType<typeof spawn>): Child {
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  let waiting: ((line: string | null) => void) | null = null;
  let stderr = '';
  let over = false;
  if (child.stdout === null || child.stderr === null) throw new Error('the child has no pipes');
  child.stderr.on('data', (data: Buffer) => {
    stderr += data.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (waiting === null) lines.push(line);
    else waiting(line);
    waiting = null;
  });
  const ended = new Promise<Awaited<Child['ended']>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      over = true;
      waiting?.(null);
      resolve({ code, signal, stdout: lines.join('\n'), stderr });
    });
  });
  const line = () =>
    new Promise<string | null>((resolve) => {
      const next = lines.shift();
      if (next !== undefined || over) resolve(next ?? null);
      else waiting = resolve;
    });
  return { process: child, line, ended };
}
