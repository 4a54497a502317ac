import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../context.ts';
import type { Answer, Request } from './calls.ts';

/** What the child writes to its standard output, as one JSON document. */
export type Reply = { readonly answer: Answer } | { readonly error: string };

export interface ChildCall {
  /** Rejects with what keytar said, or when the child ended without a reply. */
  readonly answer: Promise<Answer>;
  kill(): void;
}

/** Made by `script/build.mjs` from `child-main.ts`, beside the chunk that this file is bundled into. */
const CHILD = join(__dirname, 'keychain-child.js');

/**
 * Makes the call in a process of its own, which can be ended when the keychain asks a question that nobody answers:
 * keytar itself cannot be interrupted, and would keep this process from ending. The secret goes through pipes only.
 * Null in a run from the sources, where there is no built child.
 */
export function callInChild(env: Environment, request: Request): ChildCall | null {
  if (!existsSync(CHILD)) return null;
  const child = spawn(process.execPath, [CHILD], { env: childEnvironment(env), stdio: ['pipe', 'pipe', 'ignore'] });
  const answer = new Promise<Answer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', () => {
      const reply = parse(Buffer.concat(chunks).toString('utf8'));
      if (reply === null) reject(new Error('the call to the keychain ended without a reply'));
      else if ('error' in reply) reject(new Error(reply.error));
      else resolve(reply.answer);
    });
    child.stdin.on('error', () => {});
    // Left open: its end tells the child that nobody waits for the answer any more.
    child.stdin.write(`${JSON.stringify(request)}\n`);
  });
  return { answer, kill: () => void child.kill('SIGKILL') };
}

/** Without what would make this Node start slowly, wait for a debugger or print something of its own. */
function childEnvironment(env: Environment): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_EXTRA_CA_CERTS: __, NODE_DEBUG: ___, ...rest } = env;
  return rest;
}

function parse(text: string): Reply | null {
  try {
    return JSON.parse(text) as Reply;
  } catch {
    return null;
  }
}
