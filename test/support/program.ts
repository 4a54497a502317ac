import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The built program as `[node, script]`. CI runs the same suite with other Nodes (`CLAUDE_KEYS_TEST_NODE`, the path of a
 * node binary) or with an installed copy (`CLAUDE_KEYS_TEST_PROGRAM`, the path of its `bin/claude-keys.js`).
 */
export const PROGRAM: readonly [node: string, script: string] = [
  process.env['CLAUDE_KEYS_TEST_NODE'] || process.execPath,
  process.env['CLAUDE_KEYS_TEST_PROGRAM'] || fileURLToPath(new URL('../../bin/claude-keys.js', import.meta.url)),
];

export interface RunOptions {
  /** Everything the program's environment holds beside `PATH` (and, on Windows, what the system cannot do without). */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input, closed behind it; empty when it is not given. */
  readonly input?: string | Buffer;
  readonly cwd?: string;
  /** Ended with SIGKILL after this long. Default: 30 s. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs the built program to its end, without a terminal. It sees nothing of the test's own environment, so that no
 * machine's settings (a key in `ANTHROPIC_API_KEY`, a `CLAUDE_KEYS_HOME`, a proxy) change what is tested.
 */
export function runProgram(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [node, script] = PROGRAM;
  return run(node, [script, ...args], options);
}

/** The same for any other program. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { env, input = '', cwd, timeoutMs = 30_000 } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: cleanEnvironment(env), timeout: timeoutMs, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    // A program that ends without reading its input closes the pipe; that is its right.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

const KEPT = ['PATH', 'SystemRoot', 'ComSpec', 'PATHEXT', 'TEMP', 'TMP'];

/** `PATH` and what is given; a name given as undefined is left out. */
export function cleanEnvironment(env: RunOptions['env'] = {}): NodeJS.ProcessEnv {
  const kept = KEPT.map((name) => [name, process.env[name]] as const);
  return Object.fromEntries([...kept, ...Object.entries(env)].filter(([, value]) => value !== undefined));
}
