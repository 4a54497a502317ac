import type { Context } from '../context.ts';
import type { Grant } from './grant.ts';

/** Where grants are kept: a file of this machine, or a Redis that several machines share. */
export interface GrantStore {
  /** In words, for messages. */
  readonly label: string;
  list(): Promise<Grant[]>;
  /** Changes the grants as the only one that does; `work` may be called again when another was faster. */
  change<T>(work: (grants: Grant[]) => { grants: Grant[]; result: T }): Promise<T>;
  /** Another text after every change; cheap to ask for. */
  version(): Promise<string>;
  close(): Promise<void>;
}

/**
 * The grants of this machine, or those in Redis.
 * @param redis an address, from `--redis` or `CLAUDE_KEYS_REDIS`; undefined for the file
 */
export async function openGrants(ctx: Context, redis: string | undefined): Promise<GrantStore> {
  if (redis === undefined) return new (await import('./file-store.ts')).FileGrants(ctx);
  const { connectRedis } = await import('../redis/connect.ts');
  const { RedisGrants } = await import('./redis-store.ts');
  return new RedisGrants(await connectRedis(redis));
}
