import { BlockList, isIP } from 'node:net';
import type { Context } from '../context.ts';
import { UserError } from '../errors.ts';
import { parseBudget } from '../keys/budget.ts';
import { parseExpiry } from '../keys/dates.ts';
import { ENDPOINTS, type Endpoint, type Grant, USUAL_ENDPOINTS } from './grant.ts';

/** What a grant allows, as it is given on the command line. */
export interface RightsOptions {
  readonly models: string | undefined;
  readonly 'max-tokens': string | undefined;
  readonly rpm: string | undefined;
  readonly 'tokens-per-day': string | undefined;
  readonly budget: string | undefined;
  readonly expires: string | undefined;
  readonly endpoints: string | undefined;
  readonly cidr: string | undefined;
}

export type Rights = Pick<
  Grant,
  'models' | 'maxTokens' | 'rpm' | 'tokensPerDay' | 'budget' | 'expiresAt' | 'endpoints' | 'cidr'
>;

const MOST = 1e12;
const MODEL = /^[A-Za-z0-9._:@*/-]{1,128}$/;

/** @throws {UserError} `usage` saying which option is wrong and how it is written. */
export function parseRights(ctx: Context, options: RightsOptions): Rights {
  const { models, rpm, budget, expires, endpoints, cidr } = options;
  return {
    models: optional(models, (text) => listOf(text, '--models', isModel, 'claude-haiku-*,claude-sonnet-5-5')),
    maxTokens: optional(options['max-tokens'], (text) => parseCount(text, '--max-tokens')),
    rpm: optional(rpm, (text) => parseCount(text, '--rpm')),
    tokensPerDay: optional(options['tokens-per-day'], (text) => parseCount(text, '--tokens-per-day')),
    budget: optional(budget, parseBudget),
    expiresAt: optional(expires, (text) => parseExpiry(text, ctx.now())),
    endpoints: parseEndpoints(endpoints),
    cidr: optional(cidr, (text) => listOf(text, '--cidr', isNetwork, '10.0.0.0/8,192.168.1.7,fd00::/8')),
  };
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | null {
  return text === undefined ? null : parse(text);
}

function listOf(text: string, option: string, is: (word: string) => boolean, example: string): string[] {
  const words = text.split(',').map((word) => word.trim());
  const wrong = words.find((word) => !is(word));
  if (wrong === undefined) return [...new Set(words)];
  throw new UserError('usage', `${option}: ${JSON.stringify(wrong.slice(0, 80))} does not belong there`, {
    hint: `separated by commas, for example: ${option} '${example}'`,
  });
}

function isModel(word: string): boolean {
  return MODEL.test(word);
}

/** `1k` and `2m` are how people write tokens. */
function parseCount(text: string, option: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,12})([km]?)$/i.exec(text.trim()) ?? [];
  const count = Number(digits) * ({ k: 1e3, m: 1e6 }[unit.toLowerCase()] ?? 1);
  if (count >= 1 && count <= MOST) return count;
  throw new UserError('usage', `${option} ${JSON.stringify(text.slice(0, 40))} is not a number`, {
    hint: `give a whole number from 1 on, for example: ${option} 4096, ${option} 200k, ${option} 2m`,
  });
}

function parseEndpoints(text: string | undefined): Endpoint[] {
  if (text === undefined) return [...USUAL_ENDPOINTS];
  const isEndpoint = (word: string): word is Endpoint => ENDPOINTS.includes(word as Endpoint);
  return listOf(text, '--endpoints', isEndpoint, ENDPOINTS.join(',')).filter(isEndpoint);
}

function isNetwork(word: string): boolean {
  return networkOf(word) !== null;
}

/** An address alone is a network of one. */
function networkOf(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | null {
  const [, address = '', bits] = /^([0-9A-Fa-f.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  return length > most ? null : { address, bits: length, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The networks as Node's own list of addresses, which knows that `::ffff:10.0.0.1` is `10.0.0.1`. */
export function toBlockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of networks) {
    const network = networkOf(text);
    if (network !== null) list.addSubnet(network.address, network.bits, network.family);
  }
  return list;
}
