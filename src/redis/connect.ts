import { createClient } from '@redis/client';
import { systemCode, UserError } from '../errors.ts';

/** What is asked of Redis, or of Valkey, which speaks the same. */
export interface Redis {
  get(key: string): Promise<string | null>;
  delete(key: string): Promise<boolean>;
  /** Milliseconds until the key ends; negative when it is not there or never ends. */
  timeLeft(key: string): Promise<number>;
  /** Runs a script of the server, which nothing else comes between. */
  run(script: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

const CONNECT_MS = 5_000;
/** A gateway that waits longer than this for its limits refuses the request instead. */
const COMMAND_MS = 2_000;

/**
 * The official client (`@redis/client`): it depends on nothing, and reconnects by itself.
 * @throws {UserError} `store_unavailable` when nothing answers there.
 */
export async function connectRedis(address: string): Promise<Redis> {
  let connected = false;
  const client = createClient({
    url: address,
    commandOptions: { timeout: COMMAND_MS },
    // What cannot be asked now must fail now, and not wait for a server that may be gone.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: CONNECT_MS,
      reconnectStrategy: (tries: number) => (connected ? Math.min(100 * 2 ** tries, 2_000) : false),
    },
  });
  // Told by the calls that fail; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
    connected = true;
  } catch (cause) {
    const { host } = new URL(address);
    throw new UserError('store_unavailable', `no Redis answers at ${host}${codeIn(cause)}`, {
      hint: `look whether it runs: redis-cli -h ${new URL(address).hostname} ping`,
      cause,
    });
  }
  return {
    get: (key) => client.get(key),
    delete: async (key) => (await client.del(key)) > 0,
    timeLeft: (key) => client.pTTL(key),
    run: (script, keys, args) => client.eval(script, { keys: [...keys], arguments: [...args] }),
    close: async () => client.destroy(),
  };
}

function codeIn(error: unknown): string {
  const code = systemCode(error);
  return code === undefined ? '' : ` (${code})`;
}
