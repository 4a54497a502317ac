import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { UserError } from '../../src/errors.ts';
import { Secret } from '../../src/keys/secret.ts';
import type { SlotName } from '../../src/keys/slot.ts';
import type { SecretStore } from '../../src/stores/store.ts';
import type { DriverReply, DriverRequest } from './keychain-driver.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The driver and the store's child, built into a folder of their own as the program is into `dist`. */
export async function buildDriver(): Promise<{ script: string; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'ck-driver-'));
  await build({
    entryPoints: [
      { in: join(root, 'test/support/keychain-driver.ts'), out: 'driver' },
      { in: join(root, 'src/stores/keychain/child-main.ts'), out: 'keychain-child' },
    ],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outdir: folder,
    external: ['keytar'],
    logLevel: 'error',
  });
  return { script: join(folder, 'driver.js'), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The store in another process, as a store: failures come back as the errors they were. */
export class KeychainProcess implements SecretStore {
  readonly kind = 'keychain';
  readonly child;
  stderr = '';
  readonly #waiting = new Map<number, { take(reply: DriverReply): void; giveUp(): void }>();
  #id = 0;

  constructor(script: string, env: Readonly<Record<string, string | undefined>>) {
    const full = { PATH: process.env['PATH'], NODE_PATH: join(root, 'node_modules'), ...env };
    this.child = spawn(process.execPath, [script], { env: full, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.child.stdin.on('error', () => {});
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const reply = JSON.parse(line) as DriverReply;
      this.#waiting.get(reply.id)?.take(reply);
      this.#waiting.delete(reply.id);
    });
    this.child.on('close', () => {
      for (const { giveUp } of this.#waiting.values()) giveUp();
    });
  }

  async get(slot: SlotName): Promise<Secret | null> {
    const value = await this.#ask({ operation: 'get', slot });
    return typeof value === 'string' ? new Secret(value) : null;
  }

  async set(slot: SlotName, secret: Secret): Promise<void> {
    await this.#ask({ operation: 'set', slot, value: secret.reveal() });
  }

  async delete(slot: SlotName): Promise<boolean> {
    return (await this.#ask({ operation: 'delete', slot })) === true;
  }

  unavailable(): Promise<unknown> {
    return this.#ask({ operation: 'unavailable' });
  }

  state(): Promise<unknown> {
    return this.#ask({ operation: 'state' });
  }

  /** Closes its input and waits for its end: `[code, signal]`. */
  async finish(): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return [this.child.exitCode, this.child.signalCode];
    }
    const ended = once(this.child, 'close');
    this.child.stdin.end();
    return (await ended) as [number | null, NodeJS.Signals | null];
  }

  #ask(request: DistributiveOmit<DriverRequest, 'id'>): Promise<unknown> {
    this.#id += 1;
    const id = this.#id;
    return new Promise((resolve, reject) => {
      const take = (reply: DriverReply) => {
        if ('result' in reply) return resolve(reply.result);
        const { code, message, hint } = reply.failure;
        reject(new UserError(code as UserError['code'], message, hint === null ? {} : { hint }));
      };
      this.#waiting.set(id, { take, giveUp: () => reject(new Error(`the driver ended: ${this.stderr}`)) });
      this.child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }
}

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;
