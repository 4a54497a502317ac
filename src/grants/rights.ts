import { type BlockList, isIPv4 } from 'node:net';
import type { Grant } from './grant.ts';
import { toBlockList } from './options.ts';

/** A grant, ready to be asked many times a second. */
export interface Bearer {
  readonly grant: Grant;
  mayUse(model: string): boolean;
  /** @param address of the client; undefined for one that came through a socket of this machine */
  mayComeFrom(address: string | undefined): boolean;
}

export function bearerOf(grant: Grant): Bearer {
  const models = grant.models?.map(patternOf) ?? null;
  const networks = grant.cidr === null ? null : toBlockList(grant.cidr);
  return {
    grant,
    mayUse: (model) => models === null || models.some((pattern) => pattern.test(model)),
    mayComeFrom: (address) => networks === null || contains(networks, address ?? '127.0.0.1'),
  };
}

/** `*` stands for anything; everything else for itself. */
function patternOf(model: string): RegExp {
  const parts = model.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}

function contains(networks: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return networks.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}
