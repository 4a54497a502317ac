import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { cleanEnvironment, PROGRAM } from './program.ts';
import type { World } from './world.ts';

export interface GatewayProcess {
  readonly address: string;
  readonly child: ChildProcess;
  /** All that it has written so far. */
  output(): string;
}

/**
 * The built program as a gateway, at a free port when no socket is named; it ends with the test.
 * @param options of the command line; `env`, beside the world's own
 * @throws what it wrote, when it ends instead
 */
export async function gatewayProcess(
  world: World,
  options: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const place = options.includes('--unix') ? [] : ['--listen', '127.0.0.1:0'];
  const line = [...PROGRAM, 'gateway', ...place, ...options];
  // Cores are written wherever the machine allows it.
  const child = spawn('sh', ['-c', 'ulimit -c unlimited 2>/dev/null; exec "$@"', 'sh', ...line], {
    env: cleanEnvironment({ ...world.env, ...env }),
    cwd: world.home,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const address = await new Promise<string>((resolve, reject) => {
    child.on('close', () => reject(new Error(output)));
    createInterface({ input: child.stdout }).once('line', resolve);
  });
  return { address, child, output: () => output };
}
