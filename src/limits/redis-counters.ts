import type { Redis } from '../redis/connect.ts';
import type { Count, Counters } from './counters.ts';

/** As `Counters.add`: the whole of it in the server, so that nothing comes between the look and the change. */
const ADD = `
local value = tonumber(redis.call('get', KEYS[1]) or '0')
local ttl = redis.call('pttl', KEYS[1])
local delta, seconds, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local there = ttl > 0
if not there then value = 0; ttl = seconds * 1000 end
if delta < 0 and not there then return {'0', 0} end
if delta > 0 and value + delta > limit then return {string.format('%.0f', value + delta), ttl} end
if there then redis.call('incrby', KEYS[1], ARGV[1]) else redis.call('set', KEYS[1], ARGV[1], 'EX', seconds) end
return {string.format('%.0f', value + delta), ttl}
`;

/** The counters of several gateways. */
export class RedisCounters implements Counters {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async add(key: string, delta: number, seconds: number, limit: number): Promise<Count> {
    const [value, msLeft] = (await this.#redis.run(ADD, [key], [delta, seconds, limit].map(String))) as [
      string,
      number,
    ];
    return { value: Number(value), msLeft: Number(msLeft) };
  }

  async get(key: string): Promise<Count | null> {
    const [value, msLeft] = await Promise.all([this.#redis.get(key), this.#redis.timeLeft(key)]);
    return value === null ? null : { value: Number(value), msLeft };
  }

  close(): Promise<void> {
    return this.#redis.close();
  }
}
