import { spawn } from 'node:child_process';

const TIMEOUT_MS = 10_000;

/**
 * Runs one of the clipboard's programs with `input` on its standard input.
 * @returns its standard output, or null when it is not there, failed, or did not answer
 */
export function runTool(
  [program, ...args]: readonly [string, ...string[]],
  { input = '', env, read = false }: { input?: string; env: Readonly<Record<string, string>>; read?: boolean },
): Promise<string | null> {
  return new Promise((resolve) => {
    // xclip and wl-copy stay, to serve the text, and would hold a pipe open for as long: they get none to hold.
    const stdout = read ? 'pipe' : 'ignore';
    const child = spawn(program, args, {
      stdio: ['pipe', stdout, 'ignore'],
      env,
      timeout: TIMEOUT_MS,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', () => resolve(null));
    child.on(read ? 'close' : 'exit', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString('utf8') : null));
    // A tool that ends without reading all of it has failed, which its exit code says.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
