import { UserError } from '../errors.ts';
import type { Redis } from '../redis/connect.ts';
import { parseGrants, serializeGrants } from './file-store.ts';
import type { Grant } from './grant.ts';
import type { GrantStore } from './store.ts';

const GRANTS = 'claude-keys:grants';
const VERSION = 'claude-keys:grants:version';
/** Two people who change grants at the same moment are rare; three in a row are not two people. */
const TRIES = 20;

/** Replaces the grants if they are still those that were read. */
const COMPARE_AND_SET = `
if (redis.call('get', KEYS[2]) or '0') ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2])
redis.call('incr', KEYS[2])
return 1
`;

/** The grants that several gateways share. */
export class RedisGrants implements GrantStore {
  readonly label = 'Redis';
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async list(): Promise<Grant[]> {
    const text = await this.#redis.get(GRANTS);
    return text === null ? [] : parseGrants(text, this.label);
  }

  async change<T>(work: (grants: Grant[]) => { grants: Grant[]; result: T }): Promise<T> {
    for (let left = TRIES; left > 0; left -= 1) {
      const before = await this.version();
      const { grants, result } = work(await this.list());
      const done = await this.#redis.run(COMPARE_AND_SET, [GRANTS, VERSION], [before, serializeGrants(grants)]);
      if (done === 1) return result;
    }
    throw new UserError('busy', 'the grants in Redis are being changed by others all the time', {
      hint: 'run the same command again',
    });
  }

  async version(): Promise<string> {
    return (await this.#redis.get(VERSION)) ?? '0';
  }

  close(): Promise<void> {
    return this.#redis.close();
  }
}
