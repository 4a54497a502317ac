import { startVault } from './bao.ts';
import { startGoogle } from './google.ts';
import { startAws } from './moto.ts';

/**
 * The three managers as a process of their own, for benchmarks and for trying things out: `node script/bench/managers-servers.mjs`.
 * Gives the variables with which a program finds them.
 */
export async function serve(): Promise<{ env: Record<string, string>; stop(): Promise<void> }> {
  const servers = await Promise.all([startAws(), startVault(), startGoogle()]);
  return {
    env: Object.assign({}, ...servers.map(({ env }) => env)),
    stop: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
}
